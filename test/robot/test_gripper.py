import numpy as np
import pytest
import yaml

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import config_dir
from robot_learning.geometry.hulls import bodies_at, read_bodies
from robot_learning.kinematics import ArmModel, inverse
from robot_learning.robot import RobotSpec

ARMS = "joint_trajectory_controller/joint_trajectory"


@pytest.fixture
def panda():
    return RobotSpec.load("panda")


def changed(folder, **changes):
    """Write panda.yaml with keys of its gripper changed."""
    data = yaml.safe_load((config_dir() / "robots/panda.yaml").read_text())
    data["gripper"] |= changes
    file = folder / "panda.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


def test_openings_are_positions(panda):
    gripper = panda.gripper
    np.testing.assert_allclose(gripper.positions(1.0), [0.04, 0.04])
    np.testing.assert_allclose(gripper.positions(0.25), [0.01, 0.01])
    assert gripper.opening(np.array([0.01, 0.01])) == pytest.approx(0.25)
    assert panda.hold["panda_finger_joint1"] == 0.0


def test_the_fingers_are_as_large_as_all_the_space_they_move_in(panda):
    swept = {body.name: body for body in read_bodies(panda)}
    rng = np.random.default_rng(0)
    for opening in (0.0, 0.3, 1.0):
        for body in bodies_at(panda, opening):
            whole = swept[body.name]
            for direction in rng.normal(size=(200, 3)):
                direction /= np.linalg.norm(direction)
                own = (body.points @ direction).max() + body.radius
                assert own <= (whole.points @ direction).max() + whole.radius + 1e-9


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"joints": {"panda_thumb": {"open": 1.0, "closed": 0.0}}}, "panda_thumb"),
        ({"joints": {"panda_joint1": {"open": 1.0, "closed": 0.0}}}, "panda_joint1"),
        ({"joints": {"panda_finger_joint1": {"open": 0.5, "closed": 0.0}}}, "open: 0.5"),
        ({"joints": {"panda_finger_joint1": {"open": 0.0, "closed": 0.0}}}, "same position"),
        ({"joints": {}}, "gripper.joints"),
        ({"force": -1.0}, "gripper.force"),
        ({"glue": True}, "gripper.glue"),
        ({"controller": {"type": "effort_controller"}}, "gripper.controller.type"),
        (
            {"controller": {"type": "forward_position_controller", "topic": ARMS}},
            "gripper.controller.topic: '.*' is the arm's own",
        ),
    ],
)
def test_a_wrong_gripper_is_refused_by_name(tmp_path, change, words):
    with pytest.raises(ConfigError, match=words):
        RobotSpec.load(changed(tmp_path, **change))


def test_the_gripper_is_part_of_the_contract(tmp_path, panda):
    assert RobotSpec.load(changed(tmp_path, time=0.7)).hash != panda.hash


@pytest.mark.parametrize(
    ("given", "kind", "topic"),
    [
        ({}, "joint_trajectory_controller", "gripper_controller/joint_trajectory"),
        (
            {"type": "forward_position_controller"},
            "forward_position_controller",
            "gripper_controller/commands",
        ),
        ({"topic": ARMS}, "joint_trajectory_controller", ARMS),
    ],
)
def test_its_controller_has_a_usual_topic_and_is_not_of_the_contract(
    tmp_path, panda, given, kind, topic
):
    spec = RobotSpec.load(changed(tmp_path, controller=given))
    assert (spec.gripper.controller_type, spec.gripper.controller_topic) == (kind, topic)
    assert spec.hash == panda.hash


def test_an_arm_of_five_joints_points_down_turned_any_way():
    model = ArmModel(RobotSpec.load("so101"))
    up = np.array([0.0, 0.0, 1.0])
    for angle in (-0.5, 0.0, 0.7):
        point = np.array([0.2 * np.cos(angle), 0.2 * np.sin(angle), 0.04])
        found = inverse.solve(
            model, point, model.spec.home, rotation=model.R_base_down, free=up, tolerance=1e-3
        )
        assert found.converged
        np.testing.assert_allclose(model.forward(found.q)[:3, 2], -up, atol=2e-3)
        assert np.linalg.norm(model.turn_down(model.forward(found.q))) < 2e-3
