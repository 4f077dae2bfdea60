import shutil

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from helpers.graph import value_of
from helpers.robots import robot_yaml, scripted_bundle
from lifecycle_msgs.msg import State, Transition
from rcl_interfaces.srv import DescribeParameters
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger

from robot_learning.base.errors import BundleError
from robot_learning.base.paths import find_bundle
from robot_learning.kinematics import sampling
from robot_learning.nodes.clock import nanoseconds_of
from robot_learning.nodes.messages import parts_of
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec


def far_goal(graph, seed=0):
    rng = np.random.default_rng(seed)
    tip = graph.model.forward(graph.q())[:3, 3]
    while True:
        _, goal = sampling.in_workspace(graph.model, rng)
        if np.linalg.norm(goal - tip) > 0.25:
            return goal


def distance(graph, goal):
    return np.linalg.norm(graph.model.forward(graph.q())[:3, 3] - goal)


def says(graph, message, words=""):
    """Return a predicate: the policy node's last status is ``message`` with ``words`` in it."""

    def said():
        last = graph.policy_said[-1] if graph.policy_said else None
        return last and last.message == message and words in value_of(last, "reason")

    return said


def test_the_arm_reaches_its_goals_inside_its_limits(system):
    for seed in range(3):
        goal = far_goal(system, seed)
        system.pursue(goal)
        system.until(lambda goal=goal: distance(system, goal) < 0.005, 8.0)
    system.assert_limits_kept()


def test_when_the_policy_dies_mid_motion_the_arm_comes_to_rest(system):
    goal = far_goal(system)
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.3)
    system.kill("policy_node")
    system.wait_at_rest(2.0)
    assert distance(system, goal) > 0.02
    system.assert_limits_kept()


def test_a_deactivated_policy_lets_the_arm_come_to_rest_and_can_go_on(system):
    goal = far_goal(system)
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.3)
    assert system.change(Transition.TRANSITION_DEACTIVATE)
    system.follow_policy = False
    system.wait_at_rest(2.0)
    assert distance(system, goal) > 0.02
    assert system.change(Transition.TRANSITION_ACTIVATE)
    system.pursue(goal)
    system.until(lambda: distance(system, goal) < 0.005, 8.0)


def test_a_policy_that_is_shut_down_while_active_commands_nothing_more(system):
    goal = far_goal(system)
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.3)
    assert system.change(Transition.TRANSITION_ACTIVE_SHUTDOWN)
    system.follow_policy = False
    system.until(lambda: "finalized" in system.policy_status())
    system.wait_at_rest(2.0)
    assert distance(system, goal) > 0.02
    del system.commands[:]
    system.run(0.5)
    assert not system.commands


@pytest.mark.parametrize(
    ("position", "frame"),
    [
        ([5.0, 0.0, 0.3], None),
        ([0.4, 0.0, float("nan")], None),
        ([0.4, 0.0, 0.3], "the_moon"),
        ([0.4, 0.0, 0.3], ""),
    ],
)
def test_a_goal_that_cannot_be_is_refused_and_the_arm_stays(system, position, frame):
    system.goal(position, frame)
    system.until(says(system, "goal refused"))
    assert value_of(system.policy_said[-1], "reason")
    system.run(0.5)
    assert not system.commands
    np.testing.assert_array_equal(system.q(), system.spec.home)


def test_what_was_seen_and_done_is_told_with_labels_and_a_stamp(system, bundle):
    seen = system.listen(Float64MultiArray, "/policy_node/observation")
    done = system.listen(Float64MultiArray, "/policy_node/action")
    goal = far_goal(system)
    system.pursue(goal)
    system.until(lambda: len(seen) > 5 and len(done) > 5)
    stamps = {nanoseconds_of(state.header.stamp) for state in system.driver.states}
    slices = bundle.interface.term_slices()
    for message in seen:
        stamp, parts = parts_of(message)
        assert nanoseconds_of(stamp) in stamps
        assert {name: len(part) for name, part in parts.items()} == {
            name: part.stop - part.start for name, part in slices.items()
        }
    stamp, parts = parts_of(done[-1])
    assert nanoseconds_of(stamp) in stamps
    assert len(parts["action"]) == bundle.interface.n_action and parts["latency"] > 0
    np.testing.assert_array_equal(parts["goal"], goal)
    assert value_of(system.policy_said[-1], "hash") == bundle.hash


def test_a_goal_stream_keeps_the_history_and_a_jump_after_silence_does_not(
    arm, arm6_model, tmp_path
):
    observed = ("joint_position", "goal_step", "goal_velocity")
    arm.activate(scripted_bundle(tmp_path / "bundle", "arm6", observed=observed).path)
    heard = arm.listen(Float64MultiArray, "/policy_node/observation")
    tip = arm6_model.forward(arm.spec.home)[:3, 3]
    assert arm.set_parameter("/policy_node", "settle_time", 60.0).successful
    arm.pursue(tip)
    arm.run(1.0)
    del heard[:]
    step = np.array([0.0, 0.004, 0.0])

    def terms(name):
        return np.array([parts_of(message)[1][name] for message in heard])

    # A jump after silence, then a stream at the policy's rate.
    for k in range(1, 21):
        arm.goal(tip + k * step)
        arm.run(arm.spec.policy_period)
    goals, velocities = terms("goal_position"), terms("goal_velocity")
    first = int(np.flatnonzero(np.abs(goals - tip).max(axis=1) > 1e-6)[0])
    np.testing.assert_array_equal(velocities[first], 0.0)
    moved = np.diff(goals[first:], axis=0) / arm.spec.policy_period
    np.testing.assert_allclose(velocities[first + 1 :], moved, atol=1e-5)
    assert np.linalg.norm(velocities, axis=1).max() > 0.09
    assert arm.set_parameter("/policy_node", "settle_time", 0.0).successful
    arm.unconfigure()


def test_a_stop_that_keeps_the_arm_from_its_goal_is_named(system):
    goal = far_goal(system)
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.3)
    system.call(Trigger, "/safety_node/stop")
    system.until(says(system, "stopped", "stop_requested"))
    assert "/safety_node" in value_of(system.policy_said[-1], "reason")
    system.wait_at_rest()
    assert system.call(Trigger, "/safety_node/resume").success
    system.until(lambda: distance(system, goal) < 0.005, 8.0)
    system.until(says(system, "goal accepted"))


def test_a_clock_that_jumps_back_needs_a_resume_and_no_more(system):
    system.pursue(far_goal(system))
    system.run(0.4)
    system.follow_policy = False
    system.set_clock(system.driver.seconds - 60.0)
    system.until(lambda: system.latched())
    system.until(lambda: system.run(0.1) or system.call(Trigger, "/safety_node/resume").success)
    goal = far_goal(system, 1)
    system.pursue(goal)
    system.until(lambda: distance(system, goal) < 0.005, 8.0)


def test_it_says_what_keeps_it_from_working_goal_or_no_goal(system):
    heard = system.listen(DiagnosticArray, "/diagnostics")
    system.until(says(system, "active", "no goal"))

    def renamed(state):
        state.name = [f"other_{name}" for name in state.name]
        return state

    system.driver.spoil = renamed
    system.until(says(system, "no joint states", "s old"))
    system.change(Transition.TRANSITION_DEACTIVATE)
    system.change(Transition.TRANSITION_ACTIVATE)
    system.until(says(system, "no joint states", "other_"))
    reason = value_of(system.policy_said[-1], "reason")
    assert all(name in reason for name in system.spec.joints)
    # And so does the other node, each in its log and in /diagnostics.
    system.until(lambda: "s old" in value_of(system.status[-1], "reason"))
    system.until(
        lambda: (
            {"/policy_node", "/safety_node"}
            <= {status.name for message in heard for status in message.status}
        )
    )
    system.until(lambda: reason in system.words())


def test_it_says_that_no_safety_node_listens(arm, bundle):
    arm.kill("safety_node")
    arm.activate(bundle.path)
    # The probe listens as well.
    arm.node.destroy_subscription(arm.listener)
    try:
        arm.until(says(arm, "nobody listens", "/policy_node/command"))
    finally:
        arm.listener = arm.node.create_subscription(
            JointState, "/policy_node/command", arm.commands.append, 100
        )


def test_bundle_and_robot_are_set_while_unconfigured(system, tmp_path):
    refused = system.set_parameter("/policy_node", "bundle", "panda-reach")
    assert not refused.successful and "clean up" in refused.reason
    system.unconfigure()
    other = scripted_bundle(tmp_path / "bundle", "xarm6")
    assert system.set_parameter("/policy_node", "bundle", other.path).successful
    assert system.change(Transition.TRANSITION_CONFIGURE)
    system.until(lambda: value_of(system.policy_said[-1], "hash") == other.hash)
    assert system.policy_said[-1].hardware_id == "xarm6"


def test_a_shipped_bundle_goes_by_its_name_and_the_robot_by_the_bundle(arm):
    arm.unconfigure()
    assert arm.set_parameter("/policy_node", "bundle", "panda-reach").successful
    assert arm.set_parameter("/policy_node", "robot", "").successful
    del arm.policy_said[:]
    arm.change(Transition.TRANSITION_CONFIGURE)
    try:
        PolicyBundle.load(find_bundle("panda-reach"))
    except BundleError as error:  # one of an older format; it was found all the same
        arm.until(says(arm, "bundle refused", str(error)))
    else:
        arm.until(says(arm, "configured"))
        assert arm.policy_said[-1].hardware_id == "panda"
    arm.unconfigure()


def refusal(arm, bundle, robot=""):
    """Return why a bundle is refused."""
    arm.unconfigure()
    arm.set_parameter("/policy_node", "bundle", bundle)
    arm.set_parameter("/policy_node", "robot", robot)
    assert not arm.change(Transition.TRANSITION_CONFIGURE)
    assert arm.lifecycle() == State.PRIMARY_STATE_UNCONFIGURED
    arm.until(says(arm, "bundle refused"))
    return value_of(arm.policy_said[-1], "reason")


def test_a_damaged_bundle_leaves_the_node_unconfigured(arm, bundle, tmp_path):
    damaged = shutil.copytree(bundle.path, tmp_path / "bundle")
    (damaged / "policy.onnx").write_bytes(b"x")
    assert "policy.onnx" in refusal(arm, damaged)


@pytest.mark.parametrize(
    ("bundle", "robot", "begins"),
    [
        ("xarm6's", "arm6", "made for xarm6, not arm6"),
        ("wallace", "", "'wallace': no such folder, and no shipped policy: panda-"),
        ("", "", "'': no such folder"),
    ],
)
def test_a_bundle_that_does_not_fit_is_refused_with_the_way_out(
    arm, tmp_path, bundle, robot, begins
):
    if bundle == "xarm6's":
        bundle = scripted_bundle(tmp_path / "bundle", "xarm6").path
    assert refusal(arm, bundle, robot).startswith(begins)


def test_a_bundle_for_another_robot_ends_an_autostarted_node(graph, tmp_path):
    other = scripted_bundle(tmp_path / "bundle", "xarm6")
    process = graph.start("policy_node", bundle=str(other.path), robot="arm6", autostart=True)
    assert graph.ends(process) == 1
    assert "made for xarm6, not arm6" in graph.words() and "Traceback" not in graph.words()


def test_the_lifecycle_is_the_usual_one(arm, bundle):
    arm.activate(bundle.path)
    assert arm.lifecycle() == State.PRIMARY_STATE_ACTIVE
    assert arm.change(Transition.TRANSITION_DEACTIVATE)
    assert arm.change(Transition.TRANSITION_CLEANUP)
    assert arm.lifecycle() == State.PRIMARY_STATE_UNCONFIGURED


def test_goals_in_a_frame_of_the_robot_file(arm, arm6_model, tmp_path):
    table = {"table": {"xyz": [0.4, 0.0, 0.0], "rpy": [0.0, 0.0, 1.5708]}}
    robot = robot_yaml(tmp_path, frames=table)
    arm.activate(scripted_bundle(tmp_path / "bundle", robot).path, robot)
    assert RobotSpec.load(robot).joints == arm.spec.joints
    arm.model = arm6_model
    # A quarter turn about z: x of the table is y of the base.
    arm.pursue([0.15, 0.05, 0.25], "table")
    arm.until(lambda: distance(arm, [0.35, 0.15, 0.25]) < 0.005, 8.0)
    arm.unconfigure()


def test_its_time_out_is_in_periods_and_may_be_set_while_it_works(system):
    request = DescribeParameters.Request(names=["state_timeout", "bundle"])
    name = "/policy_node/describe_parameters"
    told = system.call(DescribeParameters, name, request).descriptors
    assert "periods" in told[0].description and not told[0].read_only
    assert system.set_parameter("/policy_node", "state_timeout", 0.5).successful
    assert system.set_parameter("/policy_node", "state_timeout", 0.0).successful
