from types import SimpleNamespace

import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from robot_learning.base.errors import StateError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import JointCommand
from robot_learning.nodes import messages
from robot_learning.robot import RobotSpec

JOINTS = ("a", "b", "c")
ARM = SimpleNamespace(joints=JOINTS, gripper=None, path="arm.yaml")
HAND = SimpleNamespace(joints=JOINTS, gripper=object(), path="arm.yaml")


def test_joints_are_matched_by_name():
    message = JointState(
        name=["c", "x", "a", "b"], position=[3.0, 9.0, 1.0, 2.0], velocity=[0.3, 9.0, 0.1, 0.2]
    )
    command = messages.joint_command(message, ARM)
    np.testing.assert_array_equal(command.q, [1.0, 2.0, 3.0])
    np.testing.assert_array_equal(command.qd, [0.1, 0.2, 0.3])


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": ["a", "b"]}, "'c' is missing"),
        ({"name": ["a", "b", "c", "c"], "position": [0.0] * 4}, "'c' is named twice"),
        ({"position": [0.0, 0.0]}, "2 values of position for 3 names"),
        ({"velocity": [0.0, 0.0]}, "2 values of velocity for 3 names"),
        ({"position": [0.0, float("nan"), 0.0]}, "position is not finite"),
        ({"velocity": [0.0, float("inf"), 0.0]}, "velocity is not finite"),
    ],
)
def test_what_is_wrong_is_named(fields, named):
    whole = {"name": list(JOINTS), "position": [0.0] * 3, "velocity": [0.0] * 3}
    with pytest.raises(StateError, match=named):
        messages.joint_command(JointState(**(whole | fields)), ARM)


def sent_and_read(command, spec):
    message = messages.command_message(command, JOINTS, JointState().header.stamp)
    return messages.joint_command(message, spec)


@pytest.mark.parametrize("q", [None, np.array([1.0, 2.0, 3.0])])
def test_the_gripper_s_wish_travels_beside_the_joints(q):
    command = JointCommand(np.full(3, 0.1), q, opening=0.1 + 0.2, acceleration=np.full(3, 9.0))
    back = sent_and_read(command, HAND)
    assert back.opening == command.opening
    np.testing.assert_array_equal(back.qd, command.qd)
    np.testing.assert_array_equal(back.acceleration, command.acceleration)
    assert (back.q is None) == (q is None) and (q is None or (back.q == q).all())


@pytest.mark.parametrize(
    ("opening", "spec", "named"),
    [
        (0.5, ARM, "arm.yaml describes no gripper"),
        (1.1, HAND, "expected 0 .closed. to 1 .open."),
        (float("nan"), HAND, "position of gripper_opening is not finite"),
    ],
)
def test_a_gripper_s_wish_that_cannot_be_is_named(opening, spec, named):
    with pytest.raises(StateError, match=named):
        sent_and_read(JointCommand(np.zeros(3), opening=opening), spec)


def test_commands_survive_the_way():
    command = JointCommand(np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]))
    back = sent_and_read(command, ARM)
    np.testing.assert_array_equal(back.qd, command.qd)
    np.testing.assert_array_equal(back.q, command.q)
    assert back.opening is None


def test_an_empty_command_is_refused():
    with pytest.raises(StateError, match="neither"):
        messages.joint_command(JointState(name=list(JOINTS)), ARM)


@pytest.mark.parametrize(
    ("names", "positions"),
    [
        (["panda_finger_joint2", "x", "panda_finger_joint1"], [0.03, 9.0, 0.01]),
        (["panda_finger_joint1"], [0.02]),
    ],
)
def test_a_grippers_trajectory_is_one_of_its_opening(names, positions):
    gripper = RobotSpec.load("panda").gripper
    points = [
        JointTrajectoryPoint(positions=positions, velocities=[0.004] * len(names)),
        JointTrajectoryPoint(positions=[0.04] * len(names)),
    ]
    points[1].time_from_start.sec = 1
    read = messages.opening_of(JointTrajectory(joint_names=names, points=points), gripper)
    np.testing.assert_allclose(read.q, [[0.5], [1.0]])
    np.testing.assert_allclose(read.qd, [[0.1], [0.0]])
    with pytest.raises(StateError, match="'panda_finger_joint1' is missing"):
        messages.opening_of(JointTrajectory(joint_names=["x"], points=points), gripper)


def test_positions_are_as_many_as_there_are_joints():
    assert messages.numbers_in(Float64MultiArray(data=[0.01]), 1, 2) == [0.01]
    for wrong in ([0.0] * 3, [float("nan")]):
        with pytest.raises(StateError, match="expected 1 or 2 finite numbers"):
            messages.numbers_in(Float64MultiArray(data=wrong), 1, 2)


def test_trajectories_survive_the_way():
    sent = Trajectory(np.array([0.0, 0.04]), np.zeros((2, 3)), np.zeros((2, 3)))
    message = messages.trajectory_message(sent, JOINTS, JointState().header.stamp)
    back = messages.trajectory_of(message, JOINTS)
    np.testing.assert_allclose(back.times, sent.times)


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda m: m.points.clear(), "no points"),
        (lambda m: setattr(m.points[-1], "velocities", [1.0, 0.0, 0.0]), "has a velocity"),
        (lambda m: setattr(m.points[1].time_from_start, "nanosec", 0), "do not increase"),
        (lambda m: m.joint_names.pop(), "missing"),
    ],
)
def test_a_trajectory_the_controller_would_reject_is(spoil, named):
    sent = Trajectory(np.array([0.0, 0.04]), np.zeros((2, 3)), np.zeros((2, 3)))
    message = messages.trajectory_message(sent, JOINTS, JointState().header.stamp)
    spoil(message)
    with pytest.raises(StateError, match=named):
        messages.trajectory_of(message, JOINTS)
