"""Obstacles told of at run time, real markers to a real node."""

import numpy as np
import pytest
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
    arm.run(0.3)


def test_an_obstacle_in_the_way_is_not_touched(arm, arm6_model):
    tip = arm6_model.forward(arm.spec.home)[:3, 3]
    turned = arm.spec.home.copy()
    turned[0] += 0.8
    beside = arm6_model.forward(turned)[:3, 3]
    tell(arm, ball(beside, 0.08))
    assert not arm.latched()
    arm.drive(push(arm.spec), 3.0)
    assert any("scene_collision" in causes for causes in arm.said("causes"))
    now = arm6_model.forward(arm.q())[:3, 3]
    assert np.linalg.norm(now - beside) > 0.08 and np.linalg.norm(now - tip) > 0.05


def test_an_intrusion_stops_the_arm_until_it_is_gone(arm, arm6_model):
    tip = arm6_model.forward(arm.spec.home)[:3, 3]
    tell(arm, ball(tip + [0, 0, 0.16]))
    arm.until(lambda: arm.latched() == "intrusion")
    refused = arm.call(Trigger, "/safety_node/resume")
    assert not refused.success and "test/7" in refused.message
    arm.drive(push(arm.spec), 0.4)
    np.testing.assert_array_equal(arm.q(), arm.spec.home)
    tell(arm, ball(tip, action=Marker.DELETE))
    arm.until(lambda: arm.call(Trigger, "/safety_node/resume").success)


def lasting(seconds):
    far = ball([0.0, 0.9, 0.4])
    far.markers[0].lifetime.nanosec = round(seconds * 1e9)
    return far


def test_a_marker_with_a_lifetime_must_be_told_again(arm):
    for _ in range(3):
        tell(arm, lasting(0.9))
    assert not arm.latched()
    arm.run(1.2)
    arm.until(lambda: arm.latched() == "stale_scene")
    refused = arm.call(Trigger, "/safety_node/resume")
    assert not refused.success and "test/7" in refused.message
    tell(arm, lasting(0.9))
    arm.until(lambda: tell(arm, lasting(0.9)) or arm.call(Trigger, "/safety_node/resume").success)


def test_a_clock_that_is_set_back_makes_no_lifetime_longer(arm):
    tell(arm, lasting(0.9))
    arm.set_clock(arm.driver.seconds - 60.0)
    arm.until(lambda: arm.latched())
    arm.run(1.5)
    refused = arm.call(Trigger, "/safety_node/resume")
    assert not refused.success and "stale_scene" in refused.message


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (ball([0.0, 0.9, 0.4], type=Marker.ARROW), ("type", "test/7")),
        (ball([0.0, 0.9, 0.4], ns="moon"), ("the moon", "moon/7")),
        (ball([0.0, float("nan"), 0.4]), ("pose", "test/7")),
    ],
)
def test_bad_markers_are_refused_and_named(arm, message, words):
    if message.markers[0].ns == "moon":
        message.markers[0].header.frame_id = "the moon"
    tell(arm, message)
    arm.until(lambda: any(all(w in said for w in words) for said in arm.said("refused")))
    assert not value_of(arm.status[-1], "latched")
