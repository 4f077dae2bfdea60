import signal

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from helpers.graph import TOPIC, push, value_of
from rclpy.duration import Duration
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.nodes.messages import joint_state, trajectory_of
from robot_learning.safety.certify import is_certified


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
        assert is_certified(trajectory, arm.spec) and not trajectory.qd[-1].any()


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
    arm.processes["safety_node"].send_signal(signal.SIGKILL)
    arm.wait_at_rest(2.0)
    arm.assert_limits_kept()


def test_stop_latches_until_resume(arm):
    arm.drive(push(arm.spec), 0.4)
    assert arm.call(Trigger, "/safety_node/stop").success
    refused = arm.call(Trigger, "/safety_node/resume")
    arm.drive(push(arm.spec), 0.6)
    arm.wait_at_rest()
    assert value_of(arm.status[-1], "latched") == "stop_requested"
    assert arm.status[-1].level == DiagnosticStatus.ERROR
    still = arm.q()
    arm.drive(push(arm.spec), 0.4)
    np.testing.assert_allclose(arm.q(), still, atol=2e-3)
    # The first resume came while the arm was braking.
    assert not refused.success and "braking" in refused.message
    assert arm.call(Trigger, "/safety_node/resume").success
    arm.drive(push(arm.spec), 0.6)
    assert arm.q()[0] > still[0] + 0.1


def test_a_silent_arm_stops_the_commands_and_is_not_resumed(arm):
    arm.drive(push(arm.spec), 0.3)
    arm.processes["sim_node"].send_signal(signal.SIGKILL)
    arm.drive(push(arm.spec), 0.6)
    assert value_of(arm.status[-1], "latched") == "stale_state"
    reply = arm.call(Trigger, "/safety_node/resume")
    assert not reply.success and "stale_state" in reply.message


def spoiled(names, position, velocity, how):
    names, position, velocity = list(names), list(position), list(velocity)
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
    if how == "no velocity":
        velocity = []
    return JointState(name=names, position=position, velocity=velocity)


@pytest.fixture
def bare(graph):
    """The safety node alone; the test plays the arm."""
    graph.start("safety_node", robot="arm6")
    graph.status = graph.listen(DiagnosticStatus, "/safety_node/status")
    graph.sent = graph.listen(JointTrajectory, TOPIC)
    graph.until(lambda: graph.node.count_publishers("/safety_node/status"))
    return graph


def feed(graph, how="", seconds=0.5, order=None):
    """Play an arm at home that lists its joints in ``order``, with a gripper among them."""
    spec = graph.spec
    order = order or range(spec.n)
    names = ["gripper", *(spec.joints[i] for i in order)]
    position = [0.1, *(spec.home[i] for i in order)]
    publisher = graph.publisher(JointState, "/joint_states")
    for _ in range(int(seconds / 0.02)):
        message = spoiled(names, position, [0.0] * len(names), how)
        message.header.stamp = graph.node.get_clock().now().to_msg()
        publisher.publish(message)
        graph.spin(0.02)


@pytest.mark.parametrize(
    "how", ["NaN", "Inf", "missing joint", "duplicate joint", "wrong length", "no velocity"]
)
def test_a_bad_joint_state_counts_as_none_and_says_so(bare, how):
    bare.until(lambda: feed(bare) or bare.status)
    assert not value_of(bare.status[-1], "latched")
    del bare.status[:]
    feed(bare, how)
    assert value_of(bare.status[-1], "latched") == "stale_state"
    assert any(value_of(status, "refused") for status in bare.status)
    feed(bare)
    assert bare.call(Trigger, "/safety_node/resume").success


def test_joints_are_matched_by_name_in_whatever_order(bare):
    backwards = list(reversed(range(bare.spec.n)))
    bare.publisher(JointState, "/policy_node/command")
    feed(bare, order=backwards)
    for _ in range(10):
        reordered = [bare.spec.joints[i] for i in backwards]
        bare.send_velocity(push(bare.spec, 1)[backwards], name=reordered)
        feed(bare, order=backwards, seconds=0.04)
    assert bare.sent
    trajectory = trajectory_of(bare.sent[-1], bare.spec.joints)
    moved = np.abs(trajectory.q[-1] - bare.spec.home)
    assert moved[1] > 1e-3 and np.delete(moved, 1).max() < 1e-9


@pytest.mark.parametrize("how", ["NaN", "Inf", "missing", "short", "stale"])
def test_a_bad_command_is_refused(bare, how):
    bare.publisher(JointState, "/policy_node/command")
    feed(bare)
    qd, fields = push(bare.spec), {}
    if how == "NaN":
        qd[3] = np.nan
    if how == "Inf":
        qd[3] = np.inf
    if how == "missing":
        fields["name"] = ["a", *bare.spec.joints[1:]]
    if how == "short":
        qd = qd[:-1]
    if how == "stale":
        fields["header"] = JointState().header
        fields["header"].stamp.sec = 12
    del bare.status[:]
    for _ in range(8):
        bare.send_velocity(qd, **fields)
        feed(bare, seconds=0.04)
    assert not bare.sent
    assert any(value_of(status, "refused") for status in bare.status)


def test_forward_position_controller_gets_a_smooth_stream(graph):
    kind = "forward_position_controller"
    graph.start("sim_node", robot="arm6", controller_type=kind)
    graph.start("safety_node", robot="arm6", controller_type=kind)
    sent = graph.listen(Float64MultiArray, f"/{kind}/commands", 1000)
    status = graph.listen(DiagnosticStatus, "/safety_node/status")
    graph.until(lambda: graph.states and status)
    before = graph.q()
    # Positions alone: what comes late is a jump, so stay clear of the speed limit itself.
    graph.drive(push(graph.spec, speed=1.0), 1.0)
    graph.wait_at_rest()
    graph.assert_limits_kept()
    assert graph.q()[0] > before[0] + 0.5 and len(sent) > 100
    positions = np.array([message.data for message in sent])
    assert (positions >= graph.spec.lower).all() and (positions <= graph.spec.upper).all()
    steps = np.abs(np.diff(positions, axis=0))
    # No message is farther from the one before than a few stream periods at full speed.
    assert (steps.max(axis=0) < graph.spec.velocity * 0.05).all()


def test_it_ends_at_once_on_both_signals(bare):
    for number in (signal.SIGINT, signal.SIGTERM):
        process = bare.start("safety_node", key=number.name, robot="arm6")
        bare.spin(4.0)
        process.send_signal(number)
        assert process.wait(3.0) == 0


def test_an_unknown_robot_is_one_line(graph):
    process = graph.start("safety_node", robot="wallace")
    assert process.wait(10.0) == 1
    assert "wallace" in graph.words() and "Traceback" not in graph.words()


def test_two_arms_in_two_namespaces_do_not_hear_each_other(graph):
    states = {}
    for side in ("left", "right"):
        states[side] = graph.listen(JointState, f"/{side}/joint_states")
        for name in ("sim_node", "safety_node"):
            graph.start(name, key=f"{side}/{name}", namespace=side, robot="arm6")
    ready = graph.listen(DiagnosticStatus, "/left/safety_node/status")
    graph.until(lambda: states["left"] and states["right"] and ready)

    def moved(side):
        return abs(states[side][-1].position[0] - states[side][0].position[0])

    def pushed():
        graph.send_velocity(push(graph.spec), topic="/left/policy_node/command")
        graph.spin(0.04)
        return moved("left") > 0.2

    graph.until(pushed)
    assert moved("right") < 1e-3


def test_it_begins_on_a_fresh_state_not_on_one_that_waited(graph):
    graph.start("safety_node", robot="arm6")
    status = graph.listen(DiagnosticStatus, "/safety_node/status")
    driver = graph.node.create_publisher(JointState, "/joint_states", 10)
    graph.until(lambda: driver.get_subscription_count() == 2)  # the node and this probe

    def tell(age):
        stamp = (graph.node.get_clock().now() - Duration(seconds=age)).to_msg()
        driver.publish(joint_state(graph.spec.home, np.zeros(6), graph.spec.joints, stamp))
        graph.spin(0.02)
        return status

    for _ in range(10):
        tell(age=1.0)
    graph.until(lambda: tell(age=0.0))
    assert value_of(status[0], "latched") == ""


def test_joint_states_of_a_best_effort_publisher_are_heard(graph):
    graph.start("safety_node", robot="arm6")
    status = graph.listen(DiagnosticStatus, "/safety_node/status")
    qos = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
    driver = graph.node.create_publisher(JointState, "/joint_states", qos)
    state = joint_state(graph.spec.home, np.zeros(6), graph.spec.joints, Time())

    def heard():
        state.header.stamp = graph.node.get_clock().now().to_msg()
        driver.publish(state)
        graph.spin(0.02)
        return status

    graph.until(heard)
