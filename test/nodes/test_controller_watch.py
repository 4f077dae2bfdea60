"""Who listens where commands go, told apart over DDS, and an arm that does not follow."""

import itertools

import numpy as np
import pytest
from helpers.graph import TOPIC, Probe, push, value_of
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.nodes.controller import ControllerWatch
from robot_learning.nodes.messages import trajectory_of

JOINTS = ["a", "b", "c"]
JTC, POSITIONS = "joint_trajectory_controller", "forward_position_controller"


@pytest.fixture
def probe():
    probe = Probe()
    yield probe
    probe.close()


@pytest.mark.parametrize(
    ("kind", "form", "joints", "said"),
    [
        (JTC, Float64MultiArray, JOINTS, "sent trajectory_msgs/msg/JointTrajectory"),
        (POSITIONS, JointTrajectory, JOINTS, "sent std_msgs/msg/Float64MultiArray"),
        (JTC, JointTrajectory, ["a", "b"], "moves a, b; it is sent a, b, c"),
        (POSITIONS, Float64MultiArray, ["b", "a", "c"], "moves b, a, c, in this order"),
        (JTC, JointTrajectory, ["b", "a", "c"], ""),
    ],
)
def test_a_controller_of_another_type_or_with_other_joints_is_named(
    probe, kind, form, joints, said
):
    watch = ControllerWatch(probe.node, "/arm/commands", kind, JOINTS)
    # What listens and moves nothing is no controller.
    viewer = Node("view_node", context=probe.context)
    viewer.create_subscription(form, "/arm/commands", lambda _: None, 10)
    probe.wait(lambda: probe.node.count_subscribers("/arm/commands") == 1)
    assert watch.problem() == "no controller listens to /arm/commands"
    controller = Node("arm_controller", context=probe.context)
    controller.declare_parameter("joints", joints)
    controller.create_subscription(form, "/arm/commands", lambda _: None, 10)
    probe.executor.add_node(controller)
    if said:
        problem = probe.wait(lambda: said in watch.problem() and watch.problem())
        assert "arm_controller" in problem
    else:
        probe.wait(lambda: not watch.problem() and watch._answer is not None)
        probe.wait(watch._answer.done)
        assert watch.problem() == ""
    viewer.destroy_node()
    controller.destroy_node()


def test_a_controller_that_is_deactivated_mid_motion_is_named_and_resumed(arm):
    arm.drive(push(arm.spec, speed=1.0), 0.4)
    arm.driver.follows = False  # As one that rejects what it is sent, too.
    arm.drive(push(arm.spec, speed=1.0), 0.4)
    arm.until(lambda: arm.latched() == "tracking_error")
    arm.until(lambda: "does not follow" in value_of(arm.status[-1], "reason"))
    arm.wait_at_rest()
    still = arm.q()
    arm.driver.rest_at(still)
    arm.driver.follows = True
    assert arm.call(Trigger, "/safety_node/resume").success
    arm.drive(push(arm.spec), 0.6)
    assert arm.q()[0] > still[0] + 0.1
    assert "does not follow" not in value_of(arm.status[-1], "reason")


def test_a_message_begins_with_the_period_before_it(arm):
    heard = arm.listen(JointTrajectory, TOPIC)
    arm.drive(push(arm.spec), 0.6)
    sent = [
        (m.header.stamp.sec + m.header.stamp.nanosec * 1e-9, trajectory_of(m, arm.spec.joints))
        for m in heard
    ]
    assert len(sent) > 10
    # A busy computer may serve one or the other late.
    earlier = np.median([motion.times[1] for _, motion in sent[1:]])
    assert earlier == pytest.approx(arm.spec.control_period)
    for (begun, before), (start, motion) in itertools.pairwise(sent):
        # A controller finds itself in the middle of it, where the last one had it.
        q, qd = before.sample(start - begun + motion.times[:2])
        np.testing.assert_allclose(motion.q[:2], q, atol=1e-6)
        np.testing.assert_allclose(motion.qd[:2], qd, atol=1e-6)
