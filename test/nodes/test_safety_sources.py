"""Who may command, how fast, and what is told of it."""

import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest
import rclpy.subscription
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers.graph import COMMANDS, TOPIC, push, value_of
from rcl_interfaces.srv import DescribeParameters
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import StateError
from robot_learning.nodes.diagnostics import Diagnostics, diagnostic
from robot_learning.nodes.messages import trajectory_of
from robot_learning.nodes.sources import Sources
from robot_learning.safety.status import UNITS

# Jazzy's rclpy does not tell who published a message.
TELLS_WHO = hasattr(rclpy.subscription, "MessageInfo")


@pytest.fixture
def second(arm):
    """Return a second publisher of commands beside the probe's own."""
    arm.publisher(JointState, COMMANDS)
    publisher = arm.node.create_publisher(JointState, COMMANDS, 10)
    arm.wait(lambda: publisher.get_subscription_count() > 1)  # the node and the probe
    yield publisher
    arm.node.destroy_publisher(publisher)


def both_send(arm, second):
    """Send forth by the first and back by the second, in turn; return what the node said."""
    back = JointState(name=list(arm.spec.joints), velocity=(-push(arm.spec)).tolist())
    for _ in range(15):
        arm.send_velocity(push(arm.spec))
        arm.run(0.02)
        second.publish(back)
        arm.run(0.02)
    return arm.said("second_source")


@pytest.mark.skipif(not TELLS_WHO, reason="this rclpy does not tell who published a message")
def test_a_second_source_is_refused_and_reported(arm, second):
    start = arm.q()
    arm.drive(push(arm.spec), 0.12)
    said = both_send(arm, second)
    assert any("has the arm" in words and "/probe" in words for words in said)
    assert arm.q()[0] > start[0] + 0.1
    # Once the first is silent, the second may.
    arm.wait_at_rest()
    turned = arm.q()
    back = JointState(name=list(arm.spec.joints), velocity=(-push(arm.spec)).tolist())
    for _ in range(15):
        second.publish(back)
        arm.run(0.04)
    assert arm.q()[0] < turned[0] - 0.1


@pytest.mark.skipif(TELLS_WHO, reason="this rclpy tells who published a message")
def test_beside_a_second_source_that_cannot_be_told_apart_nobody_commands(arm, second):
    start = arm.q()
    assert any("several publishers" in words for words in both_send(arm, second))
    np.testing.assert_allclose(arm.q(), start, atol=1e-3)


def test_publishers_without_an_identity_command_one_at_a_time():
    there = [1]
    sources = Sources(SimpleNamespace(count_publishers=lambda topic: there[0]), "command")
    sources.admit({"publication_sequence_number": 1}, 0.0, 0.1)
    there[0] = 2
    with pytest.raises(StateError, match="several publishers"):
        sources.admit({"publication_sequence_number": 2}, 5.0, 0.1)
    there[0] = 1
    sources.admit({"publication_sequence_number": 4}, 5.0, 0.1)
    assert sources.missed() == 2


FLOOD = """
import sys, time, rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState
rclpy.init()
node = Node("flood")
out = node.create_publisher(JointState, sys.argv[1], 1)
names = sys.argv[2].split(",")
message = JointState(name=names, velocity=[0.5] + [0.0] * (len(names) - 1))
while out.get_subscription_count() < 2:  # the node and the probe
    time.sleep(0.01)
end = time.monotonic() + 2.0
while time.monotonic() < end:
    for _ in range(10):  # at once, so that a busy machine's flood is one as well
        out.publish(message)
    time.sleep(1e-3)
"""


def test_a_flood_of_commands_starves_nothing(arm):
    arm.wait_at_rest()
    arm.drop(JointState, COMMANDS)
    command = [sys.executable, "-c", FLOOD, COMMANDS, ",".join(arm.spec.joints)]
    flood = subprocess.Popen(command, env=arm.env)
    start, began = arm.q(), len(arm.status)
    # Time passes only while the node serves its periods.
    arm.until(lambda: flood.poll() is not None or arm.q()[0] > start[0] + 1.0)
    arm.wait(lambda: flood.poll() is not None)
    ticks = arm.status[began:]
    assert not {value_of(status, "latched") for status in ticks} - {""}
    assert sum(int(value_of(status, "dropped")) for status in ticks) > 50
    assert arm.q()[0] > start[0] + 0.3
    arm.assert_limits_kept()


def test_the_reduced_speed_is_one_switch(arm, arm6_model):
    assert arm.call(SetBool, "/safety_node/reduced_speed", SetBool.Request(data=True)).success
    sent = arm.listen(JointTrajectory, TOPIC)
    arm.drive(push(arm.spec, speed=1.5), 1.0)
    assert value_of(arm.status[-1], "reduced_speed") == "true"
    assert any("tip_speed" in causes for causes in arm.said("causes"))
    motions = [trajectory_of(message, arm.spec.joints) for message in sent]
    speeds = [
        np.linalg.norm(arm6_model.jacobian(q)[:3] @ qd)
        for motion in motions
        for q, qd in zip(motion.q, motion.qd, strict=True)
    ]
    assert 0.2 < max(speeds) < 1.001 * 0.25


def own(message):
    """Say whether a message is the safety node's."""
    return message.status[0].name == "/safety_node"


def test_margins_for_monitors_and_plots(arm):
    monitors = []
    arm.listen(DiagnosticArray, "/diagnostics", heard=lambda m: own(m) and monitors.append(m))
    plots = arm.listen(Float64MultiArray, "/safety_node/margins")
    arm.until(lambda: len(plots) > 3 and monitors)
    labels = [dimension.label for dimension in plots[-1].layout.dim]
    assert labels == [cause.value for cause in UNITS]
    margins = dict(zip(labels, plots[-1].data, strict=True))
    assert margins["position"] > 0 and margins["scene_collision"] > 0
    names = {status.name for status in monitors[-1].status}
    assert {"/safety_node", "/safety_node: self_collision", "/safety_node: singularity"} <= names


def test_a_level_that_changes_is_told_at_once(arm):
    heard = []
    arm.listen(DiagnosticArray, "/diagnostics", heard=lambda m: own(m) and heard.append(m))
    arm.until(lambda: heard)
    assert heard[-1].status[0].level == DiagnosticStatus.OK
    arm.call(Trigger, "/safety_node/stop")
    arm.until(lambda: heard[-1].status[0].level == DiagnosticStatus.ERROR)


def test_what_stays_as_it_is_is_told_once_a_second(monkeypatch):
    sent, now = [], [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    node = SimpleNamespace(
        create_publisher=lambda *_: SimpleNamespace(publish=sent.append),
        get_fully_qualified_name=lambda: "/left/safety_node",
        get_clock=lambda: SimpleNamespace(now=lambda: SimpleNamespace(to_msg=Time)),
    )
    diagnostics = Diagnostics(node)
    for level in [DiagnosticStatus.OK] * 75 + [DiagnosticStatus.WARN] * 2:
        diagnostics.publish([diagnostic(level, "", "", {}), diagnostic(level, "part", "", {})])
        now[0] += 0.04
    assert len(sent) == 5
    assert [status.name for status in sent[-1].status] == [
        "/left/safety_node",
        "/left/safety_node: part",
    ]


def test_time_outs_are_periods_and_may_be_set_while_the_node_runs(arm):
    names = ["state_timeout", "command_timeout", "clock_timeout"]
    request = DescribeParameters.Request(names=names)
    told = arm.call(DescribeParameters, "/safety_node/describe_parameters", request).descriptors
    for item in told:
        assert "periods" in item.description and not item.read_only, item
        assert item.floating_point_range[0].from_value == 0.0
    assert not arm.set_parameter("/safety_node", "command_timeout", 5.0).successful
    assert arm.set_parameter("/safety_node", "command_timeout", 1.0).successful
    arm.send_velocity(push(arm.spec))
    arm.run(0.8)
    assert arm.speed() > 0.3
    assert arm.set_parameter("/safety_node", "command_timeout", 0.0).successful
    arm.wait_at_rest(1.0)
