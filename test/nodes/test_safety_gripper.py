"""The gripper's wish on its way through the safety node to the controller that moves it."""

import numpy as np
import pytest
import yaml
from helpers.graph import TOPIC, Graph, value_of
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.paths import config_dir

OPENED = 0.5  # where the fingers are found
FINGERS = ["panda_finger_joint1", "panda_finger_joint2"]


def panda(folder, **controller):
    """Write the Panda with another controller of its gripper and return the YAML file."""
    data = yaml.safe_load((config_dir() / "robots/panda.yaml").read_text(encoding="utf-8"))
    data["gripper"]["controller"] = controller
    file = folder / "panda.yaml"
    file.write_text(yaml.safe_dump(data))
    return file


@pytest.fixture
def hand(request, tmp_path):
    graph = Graph(panda(tmp_path, **request.param))
    gripper = graph.spec.gripper

    def with_fingers(state):
        state.name = [*state.name, *FINGERS]
        state.position = [*state.position, *gripper.positions(OPENED)]
        state.velocity = [*state.velocity, 0.0, 0.0]
        return state

    graph.driver.spoil = with_fingers
    try:
        graph.start_safety()
        yield graph
    finally:
        graph.close()


def close_hand(graph, opening=0.0, seconds=0.4):
    """Ask for an opening, the arm at rest."""
    n = graph.spec.n
    for _ in range(round(seconds / graph.spec.control_period)):
        graph.send_velocity(
            [0.0] * (n + 1),
            name=[*graph.spec.joints, "gripper_opening"],
            position=[*([np.nan] * n), opening],
        )
        graph.run(graph.spec.control_period)


def ramp(graph):
    """Return the openings from where the fingers were to closed, at the gripper's pace."""
    step = graph.spec.control_period / graph.spec.gripper.time
    return np.maximum(OPENED - step * np.arange(1, 6), 0.0)


@pytest.mark.parametrize(
    "hand", [{}, {"type": "forward_position_controller"}], indirect=True, ids=["jtc", "forward"]
)
def test_a_controller_of_its_own_gets_the_opening_at_the_gripper_s_pace(hand):
    forward = hand.spec.gripper.controller_type == "forward_position_controller"
    kind = Float64MultiArray if forward else JointTrajectory
    heard = hand.listen(kind, f"/{hand.spec.gripper.controller_topic}")
    arm = hand.listen(JointTrajectory, TOPIC)
    hand.run(0.2)
    assert not heard  # until somebody asks, nobody lets go of what the gripper holds
    close_hand(hand)
    hand.until(lambda: len(heard) >= 5)
    told = [m.data if forward else m.points[-1].positions for m in heard]
    openings = [hand.spec.gripper.opening(np.array(each)) for each in told]
    np.testing.assert_allclose(openings[:5], ramp(hand), atol=1e-9)
    if not forward:
        assert list(heard[0].joint_names) == FINGERS
    assert not arm  # which rests


@pytest.mark.parametrize("hand", [{"topic": TOPIC.lstrip("/")}], indirect=True, ids=["shared"])
def test_joints_of_the_arm_s_own_controller_come_with_the_arm_s(hand):
    heard = hand.listen(JointTrajectory, TOPIC)
    close_hand(hand)
    hand.until(lambda: len(heard) >= 5)
    assert list(heard[0].joint_names) == [*hand.spec.joints, *FINGERS]
    last = [hand.spec.gripper.opening(np.array(m.points[-1].positions[-2:])) for m in heard]
    np.testing.assert_allclose(last[:5], ramp(hand), atol=1e-9)
    for message in heard:
        np.testing.assert_array_equal(message.points[-1].velocities, 0.0)
        np.testing.assert_allclose(message.points[-1].positions[:-2], hand.spec.home, atol=1e-9)


@pytest.mark.parametrize("hand", [{}], indirect=True, ids=["jtc"])
def test_a_gripper_that_nobody_moves_and_a_wish_that_cannot_be_are_named(hand):
    close_hand(hand, seconds=0.2)
    hand.until(lambda: "no gripper controller listens" in value_of(hand.status[-1], "reason"))
    close_hand(hand, opening=1.5, seconds=0.2)
    hand.until(lambda: any("gripper_opening" in said for said in hand.said("refused")))
