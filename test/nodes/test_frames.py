"""Where frames are. tf2 itself is not in the wheels: a module with its names stands in for it."""

import importlib.util
import sys
import time

import numpy as np
import pytest
import rclpy
from geometry_msgs.msg import TransformStamped
from helpers.robots import robot_yaml
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.time import Time

from robot_learning.base.errors import StateError
from robot_learning.nodes.frames import MOST_AGE, Frames, seconds_of
from robot_learning.robot import RobotSpec

# The names, signatures and errors of tf2_ros that are used; a test fills `transforms`.
TF2_ROS = """
import weakref

class TransformException(Exception): pass
class LookupException(TransformException): pass
class ExtrapolationException(TransformException): pass

class Buffer:
    def __init__(self, cache_time=None, node=None):
        self.transforms = {}
    def lookup_transform(self, target_frame, source_frame, time):
        if (target_frame, source_frame) not in self.transforms:
            raise LookupException(f'"{source_frame}" does not exist')
        found = self.transforms[target_frame, source_frame]
        newest = found.header.stamp.sec * 10**9 + found.header.stamp.nanosec
        if newest and time.nanoseconds > newest:
            raise ExtrapolationException("into the future")
        return found

class TransformListener:
    alive = weakref.WeakSet()
    def __init__(self, buffer, node):
        self.buffer = buffer
        self.alive.add(self)
"""


@pytest.fixture
def node():
    context = Context()
    rclpy.init(context=context, domain_id=97)
    made = Node("frames", context=context)
    yield made
    made.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture
def spec(tmp_path):
    return RobotSpec.load(robot_yaml(tmp_path, frames={"table": {"xyz": [0.3, 0.0, 0.1]}}))


@pytest.fixture
def frames(node, spec, tmp_path, monkeypatch):
    (tmp_path / "tf2_ros.py").write_text(TF2_ROS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tf2_ros", raising=False)
    made = Frames(node, spec)
    with pytest.raises(StateError, match="'camera'.*base_link, table.*send it again"):
        made.to_base("camera", None)
    yield made
    sys.modules.pop("tf2_ros", None)


def tell(frames, stamp):
    """Let the one listener there is hear where the camera is."""
    (listener,) = sys.modules["tf2_ros"].TransformListener.alive
    told = TransformStamped()
    told.header.stamp = stamp
    told.transform.translation.x = 0.5
    told.transform.rotation.z = told.transform.rotation.w = np.sqrt(0.5)
    listener.buffer.transforms["base_link", "camera"] = told


def test_the_base_and_the_fixed_frames_are_known_at_once(node, spec):
    frames = Frames(node, spec)
    np.testing.assert_array_equal(frames.to_base("base_link", None), np.eye(4))
    np.testing.assert_allclose(frames.to_base("table", 12.0)[:3, 3], [0.3, 0.0, 0.1])
    with pytest.raises(StateError, match="empty: known are base_link, table"):
        frames.to_base("", None)


@pytest.mark.skipif(bool(importlib.util.find_spec("tf2_ros")), reason="tf2_ros is installed")
def test_without_tf2_the_error_names_what_is_known(node, spec):
    with pytest.raises(StateError, match="'camera': known are base_link, table; tf2_ros"):
        Frames(node, spec).to_base("camera", None)


def test_tf2_tells_of_other_frames(node, frames):
    tell(frames, node.get_clock().now().to_msg())
    T = frames.to_base("camera", None)
    np.testing.assert_allclose(T @ [1.0, 0.0, 0.0, 1.0], [0.5, 1.0, 0.0, 1.0], atol=1e-9)
    later = node.get_clock().now().nanoseconds * 1e-9 + 0.5 * MOST_AGE
    np.testing.assert_array_equal(frames.to_base("camera", later), T)
    with pytest.raises(StateError, match="'moon': known are .*does not exist"):
        frames.to_base("moon", None)


def test_an_old_transform_is_refused_and_a_fixed_one_is_not(node, frames):
    told = node.get_clock().now().nanoseconds
    tell(frames, Time(nanoseconds=told - round(2e9 * MOST_AGE)).to_msg())
    with pytest.raises(StateError, match="'camera': .* s old, at most"):
        frames.to_base("camera", None)
    with pytest.raises(StateError, match="'camera': .* s old, at most"):
        frames.to_base("camera", told * 1e-9)
    tell(frames, Time(nanoseconds=0).to_msg())
    assert frames.to_base("camera", None)[0, 3] == 0.5


def test_with_tf2_installed_a_broadcast_frame_is_found(node, spec):
    tf2_ros = pytest.importorskip("tf2_ros")
    told = TransformStamped(child_frame_id="camera")
    told.header.frame_id, told.transform.translation.x = spec.base_link, 0.5
    broadcaster = tf2_ros.StaticTransformBroadcaster(node)
    broadcaster.sendTransform(told)
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    frames, until = Frames(node, spec), time.monotonic() + 30.0
    found = None
    while found is None and time.monotonic() < until:
        try:
            found = frames.to_base("camera", None)
        except StateError:
            executor.spin_once(timeout_sec=0.1)
    assert found is not None and found[0, 3] == 0.5


def test_a_stamp_of_zero_is_none():
    assert seconds_of(Time(nanoseconds=0).to_msg()) is None
    assert seconds_of(Time(nanoseconds=1_500_000_000).to_msg()) == 1.5
