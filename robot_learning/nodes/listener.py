"""What a running arm tells of itself, for those who look and command nothing."""

import math
import time
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.exceptions import NameValidationException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions
from rclpy.validate_namespace import validate_namespace
from sensor_msgs.msg import JointState
from visualization_msgs.msg import MarkerArray

from robot_learning.base.errors import ConfigError, StateError
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import EACH
from robot_learning.nodes.gripper import GripperState
from robot_learning.nodes.newest import Newest
from robot_learning.nodes.scene import ToldScene
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid

Array = NDArray[np.float64]
EVERY = 0.02  # s, least time between two statuses that are taken
# Parts of the arm may come in messages of their own, so all are taken.
JOINTS = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
SILENCE = 1.0  # s after which an arm that nobody tells of is no longer known
STATUS_SILENCE = 3 * EACH  # s after which a node that tells no status is taken for gone


class Listener:
    """Hears an arm's joint states, and its safety node's status and scene.

    Args:
        spec: the robot.
        namespace: of its nodes.

    Raises:
        ConfigError: where the namespace is no ROS name.
    """

    def __init__(self, spec: RobotSpec, namespace: str = "") -> None:
        try:
            validate_namespace(f"/{namespace.strip('/')}")
        except NameValidationException as error:
            why = " ".join(str(error).split())
            raise ConfigError(f"--namespace {namespace}: {why}") from error
        self._context = Context()
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        self._node: Any = Node("robot_view", context=self._context, namespace=namespace)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._time = NodeTime(self._node)
        self._states = JointStates(self._node, spec, self._time)
        self._gripper = None if spec.gripper is None else GripperState(spec.gripper, self._time)
        self._scene = ToldScene(self._node, spec)
        self._heard = -math.inf
        self._node.create_subscription(JointState, TOPIC, self._on_joints, JOINTS)
        self._safety = Newest(
            self._node, DiagnosticStatus, "safety_node/status", EVERY, silence=STATUS_SILENCE
        )
        self._node.create_subscription(MarkerArray, "safety_node/scene", self._on_scene, 10)

    def listen(self, seconds: float) -> None:
        """Take what comes for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    @property
    def q(self) -> Array | None:
        """Where the arm is (n,), rad or m; None where nobody tells."""
        if self._silent or self._states.newest is None:
            return None
        return self._states.newest.q

    @property
    def opening(self) -> float:
        """How far the gripper is open, 0 closed to 1 open; 0 where nobody tells."""
        return (self._gripper.fraction() or 0.0) if self._gripper is not None else 0.0

    @property
    def problem(self) -> str:
        """Why there is no ``q``."""
        if self._silent:
            return f"nothing on {self._node.resolve_topic_name(TOPIC)}"
        return self._states.problem(SILENCE)

    @property
    def safety(self) -> dict[str, str]:
        """The safety node's status, its values by key, its word as ``status``; empty for none."""
        heard = self._safety.get()
        if heard is None:
            return {}
        return {**{item.key: item.value for item in heard.values}, "status": heard.message}

    @property
    def solids(self) -> list[Solid]:
        """What the safety node was told to keep off, since this began to listen."""
        return self._scene.solids

    def close(self) -> None:
        """Leave the graph."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)

    @property
    def _silent(self) -> bool:
        return time.monotonic() - self._heard > SILENCE

    def _on_joints(self, message: JointState) -> None:
        self._heard = time.monotonic()
        try:
            self._states.hear(message, SILENCE)
        except StateError:
            self._states.forget()
            return
        if self._gripper is not None:
            self._gripper.hear(message)

    def _on_scene(self, message: MarkerArray) -> None:
        try:
            self._scene.update(message, self._time.now())
        except StateError:
            pass  # The safety node refuses it as well, and says so.
