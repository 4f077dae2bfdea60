"""A policy at work: joint states and goals in, commands and what led to them out."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from robot_learning.base.errors import GoalError, StateError
from robot_learning.base.periods import STREAM_PERIODS
from robot_learning.base.types import ArmState, Input
from robot_learning.nodes import messages
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import WAITING
from robot_learning.nodes.parameters import Timeout
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.policy import PolicyRunner
from robot_learning.policy.runner import StepResult

Array = NDArray[np.float64]
SAFETY_STATUS = "safety_node/status"
ON_TIME = 0.98  # of a policy period; stamps of a grid are not exact to the nanosecond


@dataclass(frozen=True)
class Condition:
    """What a node does, or why it can't: ``level`` of diagnostics, ``message`` and ``reason``."""

    level: bytes
    message: str
    reason: str = ""


class ActivePolicy:
    """Asks for joint velocities whenever a joint state arrives and a policy period is due.

    Made when the node becomes active and closed when it no longer is.

    Args:
        node: the policy node.
        runner: of its bundle.
        clock: the node's time.
        timeout: age at which a joint state no longer counts.
    """

    def __init__(self, node: Any, runner: PolicyRunner, clock: NodeTime, timeout: Timeout) -> None:
        self.runner, self._node, self._time, self._timeout = runner, node, clock, timeout
        runner.reset()
        self._states = JointStates(node, runner.spec, clock)
        self._goal: Input | None = None
        self._goal_refused = self._refused = self._stop = ""
        self._decided_at = -np.inf
        self.refused = 0
        self.distance = float("nan")
        self._command = node.create_publisher(JointState, "~/command", 10)
        self._observation = node.create_publisher(Float64MultiArray, "~/observation", 10)
        self._action = node.create_publisher(Float64MultiArray, "~/action", 10)
        self._heard = [
            node.create_subscription(JointState, TOPIC, self._on_state, messages.JOINT_STATES),
            node.create_subscription(PoseStamped, "~/goal", self._on_goal, 10),
            node.create_subscription(DiagnosticStatus, SAFETY_STATUS, self._on_safety, 1),
        ]

    def close(self) -> None:
        """Fall silent; the safety node brings the arm to rest."""
        for subscription in self._heard:
            self._node.destroy_subscription(subscription)
        for publisher in (self._command, self._observation, self._action):
            self._node.destroy_publisher(publisher)

    @property
    def goal(self) -> Array | None:
        """(3,) wanted tip position, base frame, m, or None."""
        return None if self._goal is None else self._goal.value

    def condition(self) -> Condition:
        """Return what the policy does, or the first thing that keeps it from its goal."""
        why = self._states.problem(self._state_timeout)
        if why:
            return Condition(DiagnosticStatus.STALE, "no joint states", why)
        if self._goal_refused:
            return Condition(DiagnosticStatus.ERROR, "goal refused", self._goal_refused)
        if not self._command.get_subscription_count():
            why = f"no safety node listens to {self._command.topic_name}"
            return Condition(DiagnosticStatus.WARN, "nobody listens", why)
        if self._stop:
            return Condition(DiagnosticStatus.WARN, "stopped", self._stop)
        if self._goal is None:
            goals = self._node.resolve_topic_name("~/goal")
            why = f"no goal: send a geometry_msgs/PoseStamped to {goals}"
            return Condition(DiagnosticStatus.OK, "active", why)
        if self._refused:
            return Condition(DiagnosticStatus.ERROR, "no command", self._refused)
        return Condition(DiagnosticStatus.OK, "goal accepted")

    @property
    def _state_timeout(self) -> float:
        self.runner.state_timeout = self._timeout.of(self.runner.spec.control_period)
        return self.runner.state_timeout

    def _on_state(self, message: JointState) -> None:
        began = time.perf_counter()
        try:
            state = self._states.hear(message, self._state_timeout)
        except StateError:
            return  # The condition names it as long as it lasts.
        if state is None or self._goal is None:
            return
        period = self.runner.spec.policy_period
        if state.stamp < self._decided_at:  # The clock was set back.
            self._decided_at = -np.inf
            self.runner.reset()
        if state.stamp - self._decided_at < ON_TIME * period:
            return
        self._decided_at = state.stamp
        result = self.runner.step(state, {"goal": self._goal}, self._time.now())
        stamp = self._time.stamp(state.stamp)
        if result.command is not None:
            joints = self.runner.spec.joints
            self._command.publish(messages.command_message(result.command, joints, stamp))
        self._tell(result, state, stamp, time.perf_counter() - began)

    def _tell(self, result: StepResult, state: ArmState, stamp: Any, latency: float) -> None:
        """Publish what was seen and done, one message each a decision."""
        self._refused = result.refused
        self.refused += bool(result.refused)
        if self._goal is None:
            return
        goal = self._goal.value
        tip = self.runner.model.forward(state.q)[:3, 3]
        self.distance = float(np.linalg.norm(tip - goal))
        if result.observation is not None:
            slices = self.runner.interface.term_slices()
            seen = {name: result.observation[part].tolist() for name, part in slices.items()}
            self._observation.publish(messages.labelled(stamp, seen))
        if result.action is not None:
            done = {
                "action": result.action.tolist(),
                "goal": goal.tolist(),
                "distance": [self.distance],
                "latency": [latency],
            }
            self._action.publish(messages.labelled(stamp, done))

    def _on_goal(self, message: PoseStamped) -> None:
        now = self._time.now()
        # A stream is one episode: what it was before tells how fast it moves.
        before = -np.inf if self._goal is None else self._goal.stamp
        limit = STREAM_PERIODS * self.runner.spec.policy_period
        streams = 0 <= now - before <= limit
        try:
            position = self._position(message)
            self.runner.check_goal(position, reach=not streams)
        except GoalError as error:
            self._goal, self._goal_refused = None, str(error)
            self._node.report()
            return
        if not streams:
            self.runner.reset()
        self._goal, self._goal_refused = Input(position, now), ""
        if not streams:
            self._node.report(event=True)

    def _position(self, message: PoseStamped) -> Array:
        """Return the goal (3,) in the base frame, m."""
        spec, frame, point = self.runner.spec, message.header.frame_id, message.pose.position
        if frame != spec.base_link and frame not in spec.frames:
            known = ", ".join([spec.base_link, *spec.frames])
            raise GoalError(f"the goal is in frame '{frame}'; known are {known}")
        T = spec.frames.get(frame, np.eye(4))
        return np.asarray((T @ [point.x, point.y, point.z, 1.0])[:3])

    def _on_safety(self, message: DiagnosticStatus) -> None:
        """Hear of a stop that keeps the arm from its goal."""
        values = {item.key: item.value for item in message.values}
        why = values.get("latched", "")
        stop = f"{message.name} is stopped for {why} until ~/resume" if why else ""
        if message.message == WAITING:
            stop = f"{message.name} waits: {values.get('reason', '')}"
        if bool(stop) != bool(self._stop):
            self._stop = stop
            self._node.report()
        self._stop = stop
