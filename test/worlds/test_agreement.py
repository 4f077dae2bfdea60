"""A robot that an engine reads differently than Pinocchio and coal is refused at the load."""

import numpy as np
import pytest
from helpers.urdf import write_arm

from robot_learning.base.errors import ConfigError
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import BulletArm, BulletWorld, Server, reading
from robot_learning.worlds.mujoco import MujocoWorld, world
from robot_learning.worlds.mujoco.building import build
from robot_learning.worlds.mujoco.reading import disagreements

CORNERS = ("0 0 0", ".1 0 0", "0 .1 0", "0 0 .1")
FACET = "facet normal 0 0 0\nouter loop\n{}endloop\nendfacet\n"
MESH = '<collision><geometry><mesh filename="printed.stl"/></geometry></collision>'
CAPSULE = '<collision><geometry><capsule radius="0.03" length="0.2"/></geometry></collision>'


def test_both_engines_load_every_robot_with_and_without_its_gripper(spec):
    for gripper in (False, True):
        BulletWorld(spec, gripper=gripper).close()
        MujocoWorld(spec, gripper=gripper)


def test_both_engines_load_joints_that_shift(tmp_path):
    spec = write_arm(tmp_path, kind="prismatic")
    BulletWorld(spec).close()
    MujocoWorld(spec)


def test_a_mesh_that_bullet_can_not_read_is_refused(tmp_path):
    faces = [CORNERS[:k] + CORNERS[k + 1 :] for k in range(4)]
    facets = [FACET.format("".join(f"vertex {v}\n" for v in face)) for face in faces]
    (tmp_path / "printed.stl").write_text(f"solid a\n{''.join(facets)}endsolid a\n")
    spec = write_arm(tmp_path, body=MESH)
    line = (
        "small.urdf: <collision> below joint 'j1' \\(l1\\): Bullet does not see it; export .* STL"
    )
    with pytest.raises(ConfigError, match=line):
        BulletWorld(spec)


def test_a_shape_that_only_bullet_reads_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="joint 'j1': Bullet sees a body there that the filter"):
        BulletWorld(write_arm(tmp_path, body=CAPSULE))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"mass": 1.3}, "'j1' of link 'l1': what it moves weighs 1.3 kg in Bullet"),
        ({"centre": np.ones(3)}, "centres .* mm apart"),
        ({"moments": np.eye(3)}, "moments of inertia are up to .* from Pinocchio's in Bullet"),
        ({"stops": (0.0, 0.0)}, "Bullet stops it at 0 and 0"),
        ({"point": np.ones(3)}, "its frame is"),
        ({"axis": np.array([1.0, 0.0, 0.0])}, "its axis is .* rad from"),
        ({"joint": "other"}, "Bullet does not move it"),
        ({"extent": np.full(14, np.nan)}, "Bullet does not see it"),
        ({"extent": np.full(14, 9.0)}, "in Bullet it reaches .* mm farther"),
    ],
)
def test_what_bullet_has_differently_is_named(tmp_path, monkeypatch, change, named):
    read = reading.read_links
    changed = lambda *given: [link._replace(**change) for link in read(*given)]  # noqa: E731
    monkeypatch.setattr(reading, "read_links", changed)
    with pytest.raises(ConfigError, match=f"small.urdf: .*{named}"):
        BulletWorld(write_arm(tmp_path))


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        ("body_mass", 0.2, "weighs 0.2 kg in MuJoCo and 0.1 kg in Pinocchio"),
        ("body_ipos", 0.5, "centres .* mm apart"),
        ("body_inertia", 0.01, "moments of inertia are up to"),
        ("body_pos", 0.5, "its frame is"),
        ("jnt_axis", 0.6, "its axis is .* rad from"),
        ("geom_pos", 0.5, "in MuJoCo it reaches .* mm"),
    ],
)
def test_what_mujoco_has_differently_is_named(monkeypatch, field, value, named):
    spec = RobotSpec.load("panda")
    fingers = spec.gripper.joints
    model = build(spec, [], fingers, 1.0)
    assert disagreements(model, spec, fingers) == []
    number = model.joint(fingers[1]).id if "jnt" in field else model.body(fingers[1]).id
    if "geom" in field:
        number = model.body_geomadr[number]
    getattr(model, field)[number] = value
    monkeypatch.setattr(world, "build", lambda *given: model)
    with pytest.raises(ConfigError, match=f"panda.urdf: .*panda_finger_joint2.*{named}"):
        MujocoWorld(spec, gripper=True)


def test_the_comparison_leaves_bullet_as_it_was(tmp_path):
    server = Server()
    arm = BulletArm(server, write_arm(tmp_path))
    before = arm.state()
    assert reading.disagreements(arm) == []
    np.testing.assert_array_equal(arm.state().q, before.q)
    server.close()
