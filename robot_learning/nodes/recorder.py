"""Records what a policy, a safety node and the objects do."""

from functools import partial
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import StateError
from robot_learning.base.trajectory import Trajectory
from robot_learning.monitoring.session import Session
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import WAITING
from robot_learning.nodes.objects import TRACKED
from robot_learning.nodes.stream import reference_of
from robot_learning.robot import RobotSpec


class Recorder:
    """Adds to a session's record whatever is said on the topics.

    Args:
        node: who hears.
        spec: the robot.
        clock: the node's time.
        session: the record.
        objects: names of the objects.
    """

    def __init__(
        self,
        node: Any,
        spec: RobotSpec,
        clock: NodeTime,
        session: Session,
        objects: tuple[str, ...],
    ) -> None:
        self._spec, self._time, self._session = spec, clock, session
        form, topic = reference_of(*parameters.controller(node, spec))
        heard = self._on_trajectory if form is JointTrajectory else self._on_positions
        node.create_subscription(form, topic, heard, 50)
        node.create_subscription(Float64MultiArray, "policy_node/action", self._on_action, 50)
        for name in objects:
            topic, placed = f"{TRACKED}/{name}", partial(self._on_pose, name)
            node.create_subscription(PoseStamped, topic, placed, messages.JOINT_STATES)

    def add_tick(self, status: DiagnosticStatus) -> None:
        """Record a control period that a safety node served a command in."""
        values = {item.key: item.value for item in status.values}
        causes = [cause for cause in values.get("causes", "").split(",") if cause]
        if status.message != WAITING and "no_command" not in causes:
            self._session.add_tick(causes, status.message != "OK")

    def _on_action(self, message: Float64MultiArray) -> None:
        _, parts = messages.parts_of(message)
        self._session.latencies.append(float(parts["latency"][0]))

    def _on_pose(self, name: str, message: PoseStamped) -> None:
        point, turn = message.pose.position, message.pose.orientation
        pose = np.array([point.x, point.y, point.z, turn.x, turn.y, turn.z, turn.w])
        self._session.add_pose(name, pose, self._time.seconds(message.header.stamp))

    def _on_trajectory(self, message: JointTrajectory) -> None:
        trajectory = messages.trajectory_of(message, self._spec.joints)
        start = self._time.seconds(message.header.stamp)
        self._session.add_trajectory(trajectory, start)

    def _on_positions(self, message: Float64MultiArray) -> None:
        if len(message.data) != self._spec.n:
            raise StateError(f"{len(message.data)} positions for {self._spec.n} joints")
        self._session.add_trajectory(Trajectory.rest(np.array(message.data)), self._time.now())
