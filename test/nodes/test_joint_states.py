"""Joint states as drivers send them, to the real nodes."""

import copy
import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from helpers.graph import Graph, push, value_of
from helpers.messages import in_two
from helpers.robots import robot_yaml
from sensor_msgs.msg import JointState

from robot_learning.base.errors import SafetyError
from robot_learning.base.paths import share_dir
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter


def with_a_gripper(state):
    """A gripper's driver speaks first, 1 ms older; something empty comes between."""
    gripper = JointState(name=["left_finger", "right_finger"], position=[0.01, 0.01])
    gripper.header.stamp = copy.deepcopy(state.header.stamp)
    if gripper.header.stamp.nanosec >= 1_000_000:
        gripper.header.stamp.nanosec -= 1_000_000
    empty = JointState()
    empty.header.stamp = gripper.header.stamp
    return [gripper, empty, state]


def without_velocity(state):
    state.velocity = []
    return state


def with_a_velocity_of_nan(state):
    state.velocity = [math.nan] * len(state.name)
    return state


DRIVERS = [with_a_gripper, in_two, without_velocity, with_a_velocity_of_nan]


@pytest.mark.parametrize("spoil", DRIVERS, ids=lambda spoil: spoil.__name__)
def test_a_goal_is_reached_with_whatever_driver(system, spoil):
    system.driver.spoil = spoil
    # Both nodes begin anew with this driver.
    system.kill("safety_node")
    system.start_safety()
    tip = system.model.forward(system.spec.home)[:3, 3]
    goal = tip + [0.05, 0.12, -0.05]
    system.pursue(goal)
    system.until(
        lambda: np.linalg.norm(system.model.forward(system.q())[:3, 3] - goal) < 0.005, 8.0
    )
    assert not any(system.said("latched"))
    # A command may be late while the nodes find each other; a state is not refused.
    assert all("command" in refused for refused in system.said("refused") if refused)
    estimated = spoil in (without_velocity, with_a_velocity_of_nan)
    assert ("taken from positions and stamps" in system.words()) == estimated


def test_an_arm_that_touches_the_floor_at_the_start_is_told_from_the_start(graph):
    filter = SafetyFilter(graph.spec)
    low = touching_the_floor(filter)
    graph.driver.rest_at(low)
    graph.start("safety_node", robot="arm6")
    graph.until(lambda: any("floor" in reason for reason in graph.said("reason")))
    status = graph.status[-1]
    assert status.message == "WAITING" and "_link" in value_of(status, "reason")
    assert value_of(status, "reason") in graph.words()
    graph.driver.rest_at(graph.spec.home)
    graph.until(lambda: graph.status[-1].message == "STOPPED")
    graph.drive(push(graph.spec), 0.4)
    assert graph.speed() > 0.1


def touching_the_floor(filter):
    """Return a configuration in which the arm touches the floor."""
    q = filter.spec.home.copy()
    for lift in np.arange(0.0, filter.spec.upper[1], 0.02):
        q[1] = lift
        try:
            filter.guards.refuse_contact(q)
        except SafetyError as error:
            if "floor" in str(error):
                return q
    raise AssertionError("the arm does not reach the floor")


@pytest.fixture
def turning(tmp_path):
    """The package's arm with a first joint that turns for ever."""
    root = ET.parse(share_dir() / "urdf/arm6.urdf").getroot()
    pan = next(joint for joint in root.findall("joint") if "pan" in joint.get("name"))
    pan.set("type", "continuous")
    for key in ("lower", "upper"):
        del pan.find("limit").attrib[key]
    limits = {"lower": -6.0, "upper": 6.0}
    return robot_yaml(
        tmp_path, urdf=ET.tostring(root, encoding="unicode"), limits__shoulder_pan_joint=limits
    )


def test_a_continuous_joint_goes_on_past_half_a_turn(turning):
    graph = Graph(RobotSpec.load(turning).path)

    def wrapped(state):
        state.position[0] = math.remainder(state.position[0], 2 * math.pi)
        return state

    try:
        graph.driver.spoil = wrapped
        graph.start_safety()
        graph.drive(push(graph.spec, speed=2.0), 3.0)
        assert not any(graph.said("latched"))
        assert graph.q()[0] > 4.5
        graph.drive(push(graph.spec, speed=-2.0), 3.0)
        assert not any(graph.said("latched")) and graph.q()[0] < 2.5
    finally:
        graph.close()


def test_nobody_who_tells_the_time_or_publishes_is_named(graph):
    graph.driver.silent = True
    graph.start("safety_node", robot="arm6")
    graph.wait(lambda: any("/clock" in reason for reason in graph.said("reason")))
    graph.until(lambda: any("no message" in reason for reason in graph.said("reason")))
    assert "no message on /joint_states" in graph.words()
