"""Obstacles told of at run time, real markers to a real node."""

import numpy as np
from helpers.graph import push, value_of
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray

SCENE = "/safety_node/scene"


def ball(position, radius=0.1, **fields):
    marker = Marker(ns="test", id=7, type=Marker.SPHERE)
    marker.scale.x = marker.scale.y = marker.scale.z = 2.0 * radius
    point = marker.pose.position
    point.x, point.y, point.z = map(float, position)
    for key, value in fields.items():
        setattr(marker, key, value)
    return MarkerArray(markers=[marker])


def tell(arm, message):
    arm.publisher(MarkerArray, SCENE).publish(message)
    arm.spin(0.3)


def test_an_obstacle_in_the_way_is_not_touched(arm, arm6_model):
    tip = arm6_model.forward(arm.spec.home)[:3, 3]
    turned = arm.spec.home.copy()
    turned[0] += 0.8
    beside = arm6_model.forward(turned)[:3, 3]
    tell(arm, ball(beside, 0.08))
    assert not value_of(arm.status[-1], "latched")
    arm.drive(push(arm.spec), 3.0)
    assert any("scene_collision" in value_of(s, "causes") for s in arm.status)
    now = arm6_model.forward(arm.q())[:3, 3]
    assert np.linalg.norm(now - beside) > 0.08 and np.linalg.norm(now - tip) > 0.05


def test_an_intrusion_stops_the_arm_until_it_is_gone(arm, arm6_model):
    tip = arm6_model.forward(arm.spec.home)[:3, 3]
    tell(arm, ball(tip + [0, 0, 0.16]))
    assert value_of(arm.status[-1], "latched") == "intrusion"
    refused = arm.call(Trigger, "/safety_node/resume")
    assert not refused.success and "test/7" in refused.message
    arm.drive(push(arm.spec), 0.4)
    np.testing.assert_allclose(arm.q(), arm.spec.home, atol=5e-3)
    tell(arm, ball(tip, action=Marker.DELETE))
    assert arm.call(Trigger, "/safety_node/resume").success


def test_a_marker_with_a_lifetime_must_be_told_again(arm):
    far = ball([0.0, 0.9, 0.4])
    far.markers[0].lifetime.nanosec = 400_000_000
    for _ in range(3):
        tell(arm, far)
    assert not value_of(arm.status[-1], "latched")
    arm.spin(0.6)
    assert value_of(arm.status[-1], "latched") == "stale_scene"
    refused = arm.call(Trigger, "/safety_node/resume")
    assert not refused.success and "test/7" in refused.message
    tell(arm, far)
    assert arm.call(Trigger, "/safety_node/resume").success


def test_bad_markers_are_refused_and_named(arm):
    for fields, word in (
        ({"type": Marker.ARROW}, "type"),
        ({"header": _in_frame("the moon")}, "the moon"),
    ):
        del arm.status[:]
        tell(arm, ball([0.0, 0.9, 0.4], **fields))
        words = [value_of(status, "refused") for status in arm.status]
        assert any(word in said and "test/7" in said for said in words), words
    del arm.status[:]
    tell(arm, ball([0.0, float("nan"), 0.4]))
    assert any("pose" in value_of(status, "refused") for status in arm.status)
    assert not value_of(arm.status[-1], "latched")


def _in_frame(name):
    header = Marker().header
    header.frame_id = name
    return header
