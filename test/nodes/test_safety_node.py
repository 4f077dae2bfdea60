import signal

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from helpers.graph import TOPIC, Graph, push, value_of
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.nodes.messages import trajectory_of
from robot_learning.safety.certify import keeps_limits
from robot_learning.safety.limits import limit_table


def test_commands_move_the_arm_and_every_message_ends_at_rest(arm):
    sent = arm.listen(JointTrajectory, TOPIC)
    before = arm.q()
    arm.drive(push(arm.spec), 1.0)
    arm.wait_at_rest()
    assert arm.q()[0] > before[0] + 0.2
    assert len(sent) > 15
    for message in sent:
        # Stamps round to nanoseconds, which a check by numbers has to allow for.
        trajectory = trajectory_of(message, arm.spec.joints)
        knots = trajectory.times, trajectory.q, trajectory.qd
        assert keeps_limits(*knots, limit_table(arm.spec)) and not trajectory.qd[-1].any()


def test_no_command_takes_the_arm_out_of_its_limits(arm):
    arm.drive(push(arm.spec, speed=5.0), 3.0)
    assert "LIMITED" in {status.message for status in arm.status[-30:]}
    arm.wait_at_rest()
    arm.assert_limits_kept()
    assert arm.q()[0] > arm.spec.upper[0] - 0.02


def test_when_commands_end_mid_motion_the_arm_comes_to_rest(arm):
    arm.drive(push(arm.spec, speed=1.0), 0.6)
    assert arm.speed() > 0.5
    arm.wait_at_rest(2.0)
    arm.assert_limits_kept()
    assert "no_command" in value_of(arm.status[-1], "causes")


def test_when_the_safety_node_dies_mid_motion_the_arm_comes_to_rest(arm):
    arm.drive(push(arm.spec, speed=1.0), 0.6)
    assert arm.speed() > 0.5
    arm.kill("safety_node")
    arm.wait_at_rest(2.0)
    arm.assert_limits_kept()
    rested = arm.q()
    arm.start_safety()
    arm.drive(push(arm.spec, speed=-0.5), 0.6)
    assert arm.q()[0] < rested[0] - 0.1


def test_stop_latches_until_resume(arm):
    arm.drive(push(arm.spec), 0.4)
    assert arm.call(Trigger, "/safety_node/stop").success
    refused = arm.call(Trigger, "/safety_node/resume")
    arm.drive(push(arm.spec), 0.6)
    arm.wait_at_rest()
    assert arm.latched() == "stop_requested"
    assert arm.status[-1].level == DiagnosticStatus.ERROR
    still = arm.q()
    arm.drive(push(arm.spec), 0.4)
    np.testing.assert_allclose(arm.q(), still, atol=1e-9)
    # The first resume came while the arm was braking.
    assert not refused.success and "braking" in refused.message
    assert arm.call(Trigger, "/safety_node/resume").success
    arm.drive(push(arm.spec), 0.6)
    assert arm.q()[0] > still[0] + 0.1
    # Said once each in the log, with the cause.
    assert arm.words().count("stopped for stop_requested") >= 1
    assert "resumed" in arm.words()


def test_a_silent_arm_stops_the_commands_and_is_not_resumed(arm):
    arm.drive(push(arm.spec), 0.3)
    arm.driver.silent = True
    arm.drive(push(arm.spec), 0.6)
    assert arm.latched() == "stale_state"
    reply = arm.call(Trigger, "/safety_node/resume")
    assert not reply.success and "stale_state" in reply.message and "s old" in reply.message
    arm.wait_at_rest()
    arm.assert_limits_kept()
    rested = arm.q()
    arm.driver.silent = False
    arm.run(0.1)
    assert arm.call(Trigger, "/safety_node/resume").success
    arm.drive(push(arm.spec), 0.6)
    assert arm.q()[0] > rested[0] + 0.1


def test_an_arm_that_is_silent_at_rest_goes_on_when_it_speaks_again(arm):
    arm.driver.silent = True
    arm.run(0.6)
    assert "stale_state" in value_of(arm.status[-1], "causes") and not arm.latched()
    assert arm.status[-1].level == DiagnosticStatus.WARN
    arm.drive(push(arm.spec), 0.4)
    np.testing.assert_array_equal(arm.q(), arm.spec.home)
    arm.driver.silent = False
    arm.run(0.1)
    arm.drive(push(arm.spec), 0.6)
    assert arm.q()[0] > arm.spec.home[0] + 0.1


def spoiled(how):
    """Return what spoils a joint state, with a gripper among its joints."""

    def spoil(state):
        names = [*state.name, "gripper"]
        position, velocity = [*state.position, 0.1], [*state.velocity, 0.0]
        if how == "NaN":
            position[2] = float("nan")
        if how == "Inf":
            velocity[2] = float("inf")
        if how == "missing joint":
            names[2] = "somebody_else"
        if how == "duplicate joint":
            names[2] = names[1]
        if how == "wrong length":
            position.pop()
        message = JointState(name=names, position=position, velocity=velocity)
        message.header.stamp = state.header.stamp
        return message

    return spoil


@pytest.mark.parametrize("how", ["NaN", "Inf", "missing joint", "duplicate joint", "wrong length"])
@pytest.mark.parametrize("moving", [True, False])
def test_a_bad_joint_state_counts_as_none_and_says_so(arm, how, moving):
    if moving:
        arm.drive(push(arm.spec), 0.3)
    arm.driver.spoil = spoiled(how)
    if moving:
        arm.drive(push(arm.spec), 0.4)
    arm.run(0.4)
    assert arm.latched() == ("stale_state" if moving else "")
    assert "stale_state" in value_of(arm.status[-1], "causes")
    assert value_of(arm.status[-1], "reason")
    if how != "missing joint":
        assert any(arm.said("refused"))
    arm.driver.spoil = spoiled("")
    arm.wait_at_rest()
    if moving:
        assert arm.call(Trigger, "/safety_node/resume").success
    arm.until(lambda: not value_of(arm.status[-1], "causes").startswith("stale"))


def test_joints_are_matched_by_name_in_whatever_order(arm):
    backwards = list(reversed(range(arm.spec.n)))

    def reorder(state):
        state.name = [state.name[i] for i in backwards]
        state.position = [state.position[i] for i in backwards]
        state.velocity = [state.velocity[i] for i in backwards]
        return spoiled("")(state)

    arm.driver.spoil = reorder
    names = [arm.spec.joints[i] for i in backwards]
    arm.drive(push(arm.spec, 1)[backwards], 0.4, name=names)
    moved = np.abs(arm.q() - arm.spec.home)
    assert moved[1] > 1e-3 and np.delete(moved, 1).max() < 1e-9


@pytest.mark.parametrize("how", ["NaN", "Inf", "missing", "short", "stale"])
def test_a_bad_command_is_refused(arm, how):
    qd, fields = push(arm.spec), {}
    if how == "NaN":
        qd[3] = np.nan
    if how == "Inf":
        qd[3] = np.inf
    if how == "missing":
        fields["name"] = ["a", *arm.spec.joints[1:]]
    if how == "short":
        qd = qd[:-1]
    if how == "stale":
        fields["header"] = JointState().header
        fields["header"].stamp.sec = 12
    arm.drive(qd, 0.32, **fields)
    arm.until(lambda: any(arm.said("refused")))
    np.testing.assert_array_equal(arm.q(), arm.spec.home)


@pytest.mark.wall_clock
def test_forward_position_controller_gets_a_smooth_stream():
    graph = Graph(streamed=True)
    try:
        sent = graph.listen(Float64MultiArray, "/forward_position_controller/commands", 1000)
        graph.start_safety(controller_type="forward_position_controller")
        before = graph.q()
        for _ in range(25):
            graph.drive(push(graph.spec, speed=1.0), graph.spec.control_period)
            graph.spin(0.01)  # Simulated time may not outrun the stream.
        graph.wait_at_rest()
        assert graph.q()[0] > before[0] + 0.5 and len(sent) > 50
        positions = np.array([message.data for message in sent])
        assert (positions >= graph.spec.lower).all() and (positions <= graph.spec.upper).all()
        steps = np.abs(np.diff(positions, axis=0))
        # No message is farther from the one before than the arm goes in a few control periods:
        # the stream keeps the pace of the wall clock, the arm that of simulated time.
        assert steps.max() < 1.0 * 3 * graph.spec.control_period
    finally:
        graph.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_on_a_signal(graph, number):
    graph.start_safety()
    process = graph.processes["safety_node"]
    process.send_signal(number)
    assert graph.ends(process) == 0 and "Traceback" not in graph.words()


def test_an_unknown_robot_is_one_line(graph):
    process = graph.start("safety_node", robot="wallace")
    assert graph.ends(process) == 1
    assert "wallace" in graph.words() and "Traceback" not in graph.words()


def test_a_misspelt_parameter_is_refused_and_one_of_another_node_is_not(graph):
    process = graph.start("safety_node", robt="panda")
    assert graph.ends(process) == 1
    said = "error: safety_node: parameter 'robt': there is none; did you mean 'robot'?"
    assert said in graph.words() and "Traceback" not in graph.words()
    graph.start_safety(autostart=True)
    assert "parameter 'autostart': this node has none" in graph.words()


def test_two_arms_in_two_namespaces_do_not_hear_each_other(graph):
    """Both have the same clock; only the left one has a driver and commands."""
    status = {}
    for side in ("left", "right"):
        graph.start("safety_node", key=side, namespace=side, robot="arm6")
        status[side] = graph.listen(DiagnosticStatus, f"/{side}/safety_node/status", 1000)
    moved = graph.listen(JointTrajectory, f"/left{TOPIC}")
    stayed = graph.listen(JointTrajectory, f"/right{TOPIC}")
    states = graph.node.create_publisher(JointState, "/left/joint_states", 10)
    graph.driver.spoil = lambda state: states.publish(state) or []
    commands = graph.publisher(JointState, "/left/policy_node/command")

    def pushed():
        commands.publish(
            JointState(name=list(graph.spec.joints), velocity=push(graph.spec).tolist())
        )
        graph.run(0.04)
        return moved

    graph.until(pushed)
    names = {value.name for side in status.values() for value in side}
    assert {"/left/safety_node"} <= names <= {"/left/safety_node", "/right/safety_node"}
    graph.until(lambda: status["right"])
    assert {said.message for said in status["right"]} == {"WAITING"} and not stayed


def test_it_begins_on_a_fresh_state_not_on_one_that_waited(graph):
    def old(state):
        state.header.stamp.sec -= 1
        return state

    graph.driver.spoil = old
    graph.start("safety_node", robot="arm6")
    graph.until(lambda: any("1.0" in said for said in graph.said("reason")))
    assert {status.message for status in graph.status} == {"WAITING"}
    graph.driver.spoil = lambda state: state
    graph.until(lambda: graph.status[-1].message != "WAITING")
    assert not graph.latched()


def test_joint_states_of_a_best_effort_publisher_are_heard(graph):
    qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    states = graph.node.create_publisher(JointState, "/joint_states", qos)
    graph.driver.spoil = lambda state: states.publish(state) or []
    graph.start_safety()


def test_a_stop_that_comes_before_the_first_state_is_kept(graph):
    graph.driver.silent = True
    graph.start("safety_node", robot="arm6")
    assert graph.call(Trigger, "/safety_node/stop").success
    graph.driver.silent = False
    graph.until(lambda: graph.status and graph.status[-1].message == "STOPPED")
    assert graph.latched() == "stop_requested"


def test_a_clock_that_goes_backwards_stops_the_arm_until_resume(arm):
    now = arm.driver.seconds
    arm.run(0.2)
    arm.set_clock(now - 60.0)
    arm.until(lambda: arm.latched())
    words = [(value_of(s, "latched"), value_of(s, "refused")) for s in arm.status]
    assert any("backwards" in said for _, said in words), words[-3:]
    arm.run(0.2)
    assert arm.call(Trigger, "/safety_node/resume").success
    arm.until(lambda: not arm.latched())
    arm.drive(push(arm.spec), 0.6)
    assert arm.q()[0] > arm.spec.home[0] + 0.1


def test_a_clock_that_stands_still_is_told(graph):
    graph.start_safety(clock_timeout=0.5)
    graph.wait(lambda: "the clock stands still" in graph.said("reason"))
    assert not graph.latched()
    graph.drive(push(graph.spec), 0.4)
    assert graph.speed() > 0.1
