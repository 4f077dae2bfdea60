"""What view_node draws of messages as the other nodes send them, over real DDS."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from helpers.graph import LATCHED, Probe
from std_msgs.msg import String
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import Marker, MarkerArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.kinematics import ArmModel
from robot_learning.nodes import messages
from robot_learning.nodes.diagnostics import diagnostic
from robot_learning.nodes.view_node import ROOM

GOAL, BOX = [0.5, 0.1, 0.025], [0.45, -0.1, 0.025]
SAFETY = {
    "causes": "self_collision",
    "latched": "",
    "margin.tip_speed": "0.300000",
    "margin.self_collision": "0.012000",
}


class Deployment:
    """Plays a deployment's nodes to a view_node, and hears what it draws."""

    def __init__(self, probe):
        self.probe, self.spec = probe, probe.spec
        self.markers = []
        probe.listen(MarkerArray, "view_node/markers", 1, lambda m: self.markers.append(m.markers))
        self.statuses = {
            node: probe.node.create_publisher(DiagnosticStatus, f"{node}/status", LATCHED)
            for node in ("safety_node", "policy_node")
        }

    def say(self, node, status, values):
        told = diagnostic(DiagnosticStatus.OK, node, status, values)
        self.statuses[node].publish(told)

    def pose(self, topic, position):
        told = PoseStamped()
        told.header.frame_id = self.spec.base_link
        point = told.pose.position
        point.x, point.y, point.z = position
        self.probe.publisher(PoseStamped, topic).publish(told)

    def reference(self, q):
        stamp = self.probe.node.get_clock().now().to_msg()
        told = messages.trajectory_message(Trajectory.rest(q), self.spec.joints, stamp)
        self.probe.publisher(JointTrajectory, self.spec.controller_topic).publish(told)

    def picture(self, *wanted, without=(), tell=lambda: None):
        """Return the markers by namespace once all that are wanted are drawn, and no others."""

        def drawn():
            tell()
            self.probe.spin(0.1)
            found = {}
            for marker in self.markers[-1] if self.markers else ():
                found.setdefault(marker.ns, []).append(marker)
            return found if set(wanted) <= set(found) and not set(without) & set(found) else None

        return self.probe.wait(drawn, step=lambda: None)


@pytest.fixture(scope="module")
def probe():
    probe = Probe("panda")
    other = probe.node.create_publisher(String, "/left/robot_description", LATCHED)
    other.publish(String(data="<robot/>"))
    probe.start("view_node", bundle="panda-push")
    probe.start("view_node", "left", "left", robot="arm6")
    yield probe
    probe.close()


@pytest.fixture
def deployment(probe):
    made = Deployment(probe)
    yield made
    probe.forget()
    for publisher in made.statuses.values():
        probe.node.destroy_publisher(publisher)


def xyz(point):
    return [point.x, point.y, point.z]


def test_the_urdf_is_published_where_nobody_else_does(probe):
    told = probe.listen(String, "robot_description", LATCHED)
    probe.wait(lambda: told)
    assert ET.fromstring(told[0].data).get("name") == "panda"
    said = r"(probe|another node) publishes /left/robot_description; this node does not"
    probe.wait(lambda: re.search(said, probe.words()))
    probe.wait(lambda: probe.node.count_publishers("/left/robot_description") == 1)


def test_goal_object_words_and_reference_are_drawn_where_they_are(deployment):
    q = deployment.spec.home + 0.1

    def tell():
        deployment.say("safety_node", "LIMITED", SAFETY)
        deployment.say("policy_node", "goal accepted", {"goal": " ".join(map(str, BOX))})
        deployment.pose("policy_node/goal", GOAL)
        deployment.pose("sim_node/objects/object", BOX)
        deployment.reference(q)

    drawn = deployment.picture("goal", "object", "safety", "reference", "workspace", tell=tell)
    (goal,), (box,), (words,) = drawn["goal"], drawn["object"], drawn["safety"]
    assert xyz(goal.pose.position) == GOAL and goal.scale.x == pytest.approx(2 * 0.03)
    assert xyz(box.pose.position) == BOX and box.type == Marker.CUBE and box.scale.x == 0.05
    lines = ["LIMITED", "self_collision", "self_collision 0.012", "tip_speed 0.300"]
    assert words.text.splitlines() == lines and words.color.r == 1.0
    tip = ArmModel(deployment.spec).forward(q)[:3, 3]
    np.testing.assert_allclose(xyz(words.pose.position), tip + [0, 0, ROOM], atol=1e-6)
    hand = drawn["reference"][-1]
    assert hand.mesh_resource.endswith("hand.obj") and hand.color.a < 0.5
    flange = ArmModel(deployment.spec).forward(q) @ [0, 0, -0.105, 1]
    np.testing.assert_allclose(xyz(hand.pose.position), flange[:3], atol=1e-6)
    markers = deployment.markers[-1]
    assert len({(m.ns, m.id) for m in markers}) == len(markers)
    assert all(m.header.frame_id == "panda_link0" and m.lifetime.nanosec for m in markers)


def test_what_falls_silent_is_no_longer_drawn(deployment):
    ball = Marker(ns="test", id=1, type=Marker.SPHERE)
    ball.scale.x = ball.scale.y = ball.scale.z = 0.2

    def tell():
        deployment.say("safety_node", "STOPPED", {**SAFETY, "latched": "intrusion"})
        scene = deployment.probe.publisher(MarkerArray, "safety_node/scene")
        scene.publish(MarkerArray(markers=[ball]))
        deployment.reference(deployment.spec.home)

    drawn = deployment.picture("safety", "told scene", "reference", tell=tell, without=["object"])
    assert "latched: intrusion" in drawn["safety"][0].text and drawn["safety"][0].color.g < 0.2
    gone = ("safety", "told scene", "reference", "goal")
    assert "workspace" in deployment.picture("workspace", without=gone)


def test_a_goal_that_was_sent_before_the_node_listened_is_drawn(deployment):
    def tell():
        deployment.say("policy_node", "goal accepted", {"goal": "0.4 0.2 0.03", "distance": ""})

    drawn = deployment.picture("goal", tell=tell)
    assert xyz(drawn["goal"][0].pose.position) == [0.4, 0.2, 0.03]
