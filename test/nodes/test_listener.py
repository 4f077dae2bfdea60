"""The page of a live arm: a browser shows what its nodes publish over real DDS."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from helpers.browser import opened
from helpers.graph import Probe
from helpers.messages import in_two
from sensor_msgs.msg import JointState

from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.chain import link_poses
from robot_learning.nodes.diagnostics import diagnostic

SAFETY = {"causes": "self_collision", "latched": "", "margin.tip_speed": "0.312500"}


@pytest.fixture
def probe():
    probe = Probe("arm6")
    yield probe
    probe.close()


def test_a_live_arm_is_shown_where_it_is_with_what_its_safety_node_says(probe):
    spec, node = probe.spec, probe.node
    q = spec.home + 0.2
    T = link_poses(q, ArmModel(spec).screws)[-1]
    joints = node.create_publisher(JointState, "left/joint_states", 10)
    status = node.create_publisher(DiagnosticStatus, "left/safety_node/status", 10)

    def tell():
        message = JointState(name=list(spec.joints), position=q.tolist(), velocity=[0.0] * spec.n)
        message.header.stamp = node.get_clock().now().to_msg()
        for half in in_two(message):
            joints.publish(half)
        status.publish(diagnostic(DiagnosticStatus.OK, "safety_node", "LIMITED", SAFETY))

    def words():
        return " ".join(str(control.get("content")) for control in browser.controls.values())

    with opened("arm6", "--ros", "--namespace", "left", env=probe.env) as (_, browser):
        browser.wait(lambda: "nothing on /left/joint_states" in words())
        assert not browser.nodes["/arm"]["visible"]
        tip = browser.nodes[f"/arm/{spec.n}"]
        browser.wait(lambda: np.allclose(tip["position"], T[:, 3], atol=1e-6), tell)
        browser.wait(lambda: "LIMITED: self collision" in words() and "0.3125" in words(), tell)
        assert browser.nodes["/arm"]["visible"]
