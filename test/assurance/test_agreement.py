"""Engines that see different robots are found out, and the self-test ends without shapes."""

import numpy as np
import pytest
from helpers.urdf import write_arm

from robot_learning.assurance import agreement
from robot_learning.assurance.campaign import run
from robot_learning.assurance.constraints import tables
from robot_learning.assurance.report import total
from robot_learning.base.trajectory import Trajectory
from robot_learning.worlds.bullet import BulletArm, Contacts
from robot_learning.worlds.bullet.server import Server, bullet


def test_engines_and_the_filter_see_one_robot(arm6, tmp_path):
    assert agreement.disagreements(arm6) == []
    assert agreement.disagreements(write_arm(tmp_path)) == []


def test_an_arm_without_shapes_ends_its_self_test_and_says_what_is_not_checked(tmp_path):
    spec = write_arm(tmp_path, body="")
    assert ("not checked", "j1, j2") in tables(spec)[1].rows
    assert not total(run(str(spec.path), 2000, seed=0)).broken


def test_the_judge_lets_touch_what_may_touch(tmp_path):
    wide = '<collision><geometry><box size="0.1 0.1 0.9"/></geometry></collision>'
    extra = f"""<link name="hand">{wide}</link>
      <joint name="hand_joint" type="fixed"><parent link="l2"/><child link="hand"/></joint>"""
    contacts = Contacts(write_arm(tmp_path, extra=extra))
    touching = {frozenset(item[:2]) for item in contacts.at(np.zeros(2))}
    contacts.close()
    assert frozenset(("base", "hand")) in touching
    allowed = "safety: {may_touch: [[hand, base]]}"
    contacts = Contacts(write_arm(tmp_path, extra=extra, more=allowed))
    touching = {frozenset(item[:2]) for item in contacts.at(np.zeros(2))}
    contacts.close()
    assert frozenset(("base", "hand")) not in touching


@pytest.mark.parametrize(
    ("rpy", "more", "down"),
    [
        ("0 0 0", "", [0, 0, -1]),
        ("3.141592653589793 0 0", "", [0, 0, 1]),
        ("0 1.5707963267948966 0", "", [1, 0, 0]),
        ("0 0 0", "gravity: [0, 2, 0]", [0, 1, 0]),
    ],
)
def test_gravity_is_that_of_the_root_or_of_the_yaml(tmp_path, rpy, more, down):
    above = (
        '<link name="world"/><joint name="mount" type="fixed"><parent link="world"/>'
        f'<child link="base"/><origin rpy="{rpy}"/></joint>'
    )
    spec = write_arm(tmp_path, above=above, more=more)
    server = Server(floor=-5.0)
    arm = BulletArm(server, spec)
    arm.vary(motor_force=0.0)
    arm.reset(np.zeros(2))
    moved = arm.step(Trajectory.rest(np.zeros(2)), 0.1).q
    # Its links stand along z: what pulls along x turns the first joint, about y, forward.
    assert np.sign(np.round(moved[0], 6)) == down[0]
    ball = bullet.createMultiBody(1.0, basePosition=[3, 3, 0], physicsClientId=server.client)
    before = np.array([3, 3, 0])
    for _ in range(20):
        server.step()
    after = bullet.getBasePositionAndOrientation(ball, physicsClientId=server.client)[0]
    fallen = np.array(after) - before
    np.testing.assert_allclose(fallen / np.linalg.norm(fallen), down, atol=1e-6)
    server.close()
