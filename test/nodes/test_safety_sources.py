"""Who may command, how fast, and what is told of it."""

import itertools
import subprocess
import sys

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers.graph import TOPIC, push, value_of
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.nodes.messages import trajectory_of
from robot_learning.nodes.report import UNITS

COMMANDS = "/policy_node/command"


def test_a_second_source_is_refused_and_reported(arm):
    second = arm.node.create_publisher(JointState, COMMANDS, 10)
    arm.publisher(JointState, COMMANDS)
    arm.until(lambda: second.get_subscription_count() > 0)
    start = arm.q()
    arm.send_velocity(push(arm.spec))
    for _ in range(15):
        arm.send_velocity(push(arm.spec))
        arm.spin(0.02)
        back = JointState(name=list(arm.spec.joints), velocity=(-push(arm.spec)).tolist())
        second.publish(back)
        arm.spin(0.02)
    said = [value_of(status, "second_source") for status in arm.status]
    assert any("has the arm" in words and "/probe" in words for words in said)
    assert arm.q()[0] > start[0] + 0.1
    # Once the first is silent, the second may.
    arm.wait_at_rest()
    turned = arm.q()
    for _ in range(15):
        second.publish(back)
        arm.spin(0.04)
    assert arm.q()[0] < turned[0] - 0.1


FLOOD = """
import sys, time, rclpy
from rclpy.node import Node
from sensor_msgs.msg import JointState
rclpy.init()
node = Node("flood")
out = node.create_publisher(JointState, sys.argv[1], 1)
names = sys.argv[2].split(",")
message = JointState(name=names, velocity=[0.5] + [0.0] * (len(names) - 1))
while not out.get_subscription_count():
    time.sleep(0.01)
sent, start = 0, time.monotonic()
while time.monotonic() < start + 2.0:
    if sent < 10_000 * (time.monotonic() - start):
        out.publish(message)
        sent += 1
print(sent)
"""


def test_a_flood_of_commands_starves_nothing(arm):
    command = [sys.executable, "-c", FLOOD, COMMANDS, ",".join(arm.spec.joints)]
    flood = subprocess.Popen(command, env=arm.env, stdout=subprocess.PIPE, text=True)
    start, began = arm.q(), len(arm.status)
    arm.until(lambda: flood.poll() is not None)
    sent = int(flood.communicate()[0])
    assert sent > 5000
    ticks = arm.status[began:]
    assert len(ticks) > 0.7 * 2.0 / arm.spec.control_period
    assert not {value_of(status, "latched") for status in ticks} - {""}
    assert sum(int(value_of(status, "dropped")) for status in ticks) > 50
    assert arm.q()[0] > start[0] + 0.3
    arm.assert_limits_kept()


def test_the_reduced_speed_is_one_switch(arm, arm6_model):
    assert arm.call(SetBool, "/safety_node/reduced_speed", SetBool.Request(data=True)).success
    sent = arm.listen(JointTrajectory, TOPIC)
    arm.drive(push(arm.spec, speed=1.5), 1.0)
    assert value_of(arm.status[-1], "reduced_speed") == "true"
    assert any("tip_speed" in value_of(status, "causes") for status in arm.status)
    motions = [trajectory_of(message, arm.spec.joints) for message in sent]
    speeds = [
        np.linalg.norm(arm6_model.jacobian(q)[:3] @ qd)
        for motion in motions
        for q, qd in zip(motion.q, motion.qd, strict=True)
    ]
    assert 0.2 < max(speeds) < 1.001 * 0.25


def test_margins_for_monitors_and_plots(arm):
    monitors = arm.listen(DiagnosticArray, "/diagnostics")
    plots = arm.listen(Float64MultiArray, "/safety_node/margins")
    arm.until(lambda: len(plots) > 3 and monitors)
    labels = [dimension.label for dimension in plots[-1].layout.dim]
    assert labels == [cause.value for cause in UNITS]
    margins = dict(zip(labels, plots[-1].data, strict=True))
    assert margins["position"] > 0 and margins["scene_collision"] > 0
    names = {status.name for status in monitors[-1].status}
    assert {"safety_node", "safety_node: self_collision", "safety_node: singularity"} <= names


def test_resume_without_a_state_is_refused(graph):
    graph.start("safety_node", robot="arm6")
    reply = graph.call(Trigger, "/safety_node/resume")
    assert not reply.success and "no measured state" in reply.message


def test_a_clock_that_goes_backwards_stops_the_arm(graph):
    graph.start("safety_node", robot="arm6", use_sim_time=True)
    status = graph.listen(DiagnosticStatus, "/safety_node/status")
    clock = graph.publisher(Clock, "/clock")
    states = graph.publisher(JointState, "/joint_states")

    def play(start, seconds):
        for step in range(int(seconds / 0.02)):
            now = start + 0.02 * step
            message = Clock()
            message.clock.sec, message.clock.nanosec = int(now), int(now % 1 * 1e9)
            clock.publish(message)
            state = JointState(name=list(graph.spec.joints), position=graph.spec.home.tolist())
            state.velocity = [0.0] * graph.spec.n
            state.header.stamp = message.clock
            states.publish(state)
            graph.spin(0.02)

    seconds = itertools.count(100.0)
    graph.until(lambda: play(next(seconds), 1.0) or status, 30.0)
    assert not value_of(status[-1], "latched")
    play(50.0, 0.5)
    graph.until(lambda: value_of(status[-1], "latched"))
    words = [value_of(item, "refused") for item in status]
    assert any("backwards" in said for said in words)
