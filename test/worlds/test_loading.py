"""Bullet's body is what the URDF says: masses, centres, moments, limits."""

import numpy as np
import pytest
from helpers.urdf import write_arm

from robot_learning.base.trajectory import Trajectory
from robot_learning.kinematics.inertia import LIGHT, link_inertias
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import BulletArm, Server
from robot_learning.worlds.bullet.loading import moments_fit
from robot_learning.worlds.bullet.server import bullet


@pytest.fixture
def world():
    world = Server(floor=-5.0)
    yield world
    world.close()


def dynamics(arm):
    """Mass, principal moments and centre of each of the arm's links, by joint."""
    client = {"physicsClientId": arm.server.client}
    found = {}
    for link in range(bullet.getNumJoints(arm.body, **client)):
        mass, _, moments, centre = bullet.getDynamicsInfo(arm.body, link, **client)[:4]
        name = bullet.getJointInfo(arm.body, link, **client)[1].decode()
        found[name] = mass, np.array(moments), np.array(centre)
    return found


@pytest.mark.parametrize("gripper", [False, True])
def test_bullet_and_pinocchio_have_the_same_masses(world, spec, gripper):
    free = spec.gripper.joints if gripper and spec.gripper else ()
    wanted = link_inertias(spec, free)
    found = dynamics(BulletArm(world, spec, gripper=gripper))
    assert set(found) == set(wanted)
    for name, (mass, moments, centre) in found.items():
        assert mass == pytest.approx(wanted[name].mass), name
        np.testing.assert_allclose(centre, wanted[name].centre, atol=1e-9, err_msg=name)
        if moments_fit(spec):
            np.testing.assert_allclose(np.sort(moments), wanted[name].principal, rtol=1e-6)


def test_the_wrist_of_the_shipped_arm_weighs_what_its_urdf_says(world, arm6):
    assert dynamics(BulletArm(world, arm6))["wrist_3_joint"][0] == pytest.approx(0.3)


def test_moments_that_no_body_has_are_left_to_the_shapes():
    assert not moments_fit(RobotSpec.load("panda"))  # 0.1 kg m² for a finger of 0.1 kg
    assert not moments_fit(RobotSpec.load("ur5"))  # as of a wrist 0.4 m wide
    assert all(moments_fit(RobotSpec.load(name)) for name in ("arm6", "iiwa", "kinova"))


def test_what_hangs_on_a_fixed_link_keeps_its_place(world, tmp_path):
    """A tool of 2 kg, 0.2 m beside the last link, weighs on the joint above it."""
    tool = """
      <link name="tool"><inertial><origin xyz="0 0.2 0"/><mass value="2"/>
        <inertia ixx="0.001" iyy="0.001" izz="0.001" ixy="0" ixz="0" iyz="0"/></inertial></link>
      <joint name="tool_joint" type="fixed"><parent link="l2"/><child link="tool"/>
        <origin xyz="0 0 0.1" rpy="1.5707963267948966 0 0"/></joint>"""
    spec = write_arm(tmp_path, extra=tool)
    mass, _, centre = dynamics(BulletArm(world, spec))["j2"]
    assert mass == pytest.approx(3.0)
    # Its own kilogram is at 0.05 m; the tool's two, turned with the tool, at 0.1 + 0.2.
    np.testing.assert_allclose(centre, [0, 0, (0.05 + 2 * 0.3) / 3], atol=1e-9)


def test_a_link_without_mass_is_light(world, tmp_path):
    spec = write_arm(tmp_path, inertial="")
    for mass, moments, _ in dynamics(BulletArm(world, spec)).values():
        assert mass == LIGHT and moments.min() > 0


ZEROS = '<limit lower="0" upper="0" effort="50" velocity="2"/>'  # of a revolute joint: limits
NONE = ['<limit effort="50" velocity="2"/>', '<limit velocity="2"/>', ""]


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        *(("continuous", limit) for limit in (ZEROS, *NONE)),
        *(("revolute", limit) for limit in NONE),
    ],
)
def test_a_joint_without_limits_in_the_urdf_goes_where_the_yaml_lets_it(
    world, tmp_path, kind, limit
):
    spec = write_arm(tmp_path, kind=kind, limit=limit)
    arm = BulletArm(world, spec)
    q = np.array([1.5, -1.5])
    arm.reset(q)
    np.testing.assert_allclose(arm.step(Trajectory.rest(q), 0.5).q, q, atol=1e-3)
