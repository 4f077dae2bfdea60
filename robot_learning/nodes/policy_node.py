"""Runs a policy bundle as a lifecycle node."""

import json
import sys
import time
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.timer import Timer
from sensor_msgs.msg import JointState
from std_msgs.msg import String

from robot_learning.base.errors import BundleError, GoalError, RobotLearningError, StateError
from robot_learning.base.types import Input
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.run import run
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.robot import RobotSpec

WATCH_PERIOD = 0.1  # s
STATE_TIMEOUT = 0.3  # s of steady time
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class PolicyNode(LifecycleNode):
    """Asks for joint velocities whenever a joint state arrives and a policy period is due."""

    def __init__(self) -> None:
        super().__init__("policy_node")
        self._path = parameters.text(self, "bundle", "", "folder of the policy bundle")
        self._robot = parameters.text(
            self, "robot", "", "robot name or YAML file; empty: the bundle's"
        )
        self.autostart = parameters.flag(
            self, "autostart", False, "configure and activate without being asked"
        )
        self.time = NodeTime(self)
        self.runner: PolicyRunner | None = None
        self._goal: Input | None = None
        self._timer: Timer | None = None
        self._status = self.create_publisher(DiagnosticStatus, "~/status", LATCHED)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the bundle; refuse one that does not match."""
        try:
            spec = RobotSpec.load(self._robot) if self._robot else None
            runner = PolicyRunner(PolicyBundle.load(self._path), spec)
            _refuse_unknown_needs(runner)
        except RobotLearningError as error:
            self._report(DiagnosticStatus.ERROR, "bundle refused", str(error))
            return TransitionCallbackReturn.FAILURE
        self.runner = runner
        self._report(DiagnosticStatus.OK, "configured")
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to listen and to watch."""
        assert self.runner is not None
        self.runner.reset()
        self._goal = None
        self._last_stamp = -np.inf
        self._heard = time.monotonic()
        self._command = self.create_publisher(JointState, "~/command", 10)
        self._telemetry = self.create_publisher(String, "~/telemetry", 10)
        self._subscriptions_made = [
            self.create_subscription(
                JointState, "joint_states", self._on_state, messages.JOINT_STATES
            ),
            self.create_subscription(PoseStamped, "~/goal", self._on_goal, 10),
        ]
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self.create_timer(WATCH_PERIOD, self._watch, clock=steady)
        self._report(DiagnosticStatus.OK, "active")
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent; the safety node brings the arm to rest."""
        self._fall_silent()
        self._report(DiagnosticStatus.OK, "inactive")
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent, whatever the node was doing."""
        self._fall_silent()
        self._report(DiagnosticStatus.OK, "finalized")
        return super().on_shutdown(state)

    def _fall_silent(self) -> None:
        if self._timer is None:
            return
        self.destroy_timer(self._timer)
        for subscription in self._subscriptions_made:
            self.destroy_subscription(subscription)
        self.destroy_publisher(self._command)
        self.destroy_publisher(self._telemetry)
        self._timer = None

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the bundle."""
        self.runner = None
        return TransitionCallbackReturn.SUCCESS

    def _on_state(self, message: JointState) -> None:
        began = time.perf_counter()
        assert self.runner is not None
        self._heard = time.monotonic()
        stamp = self.time.seconds(message.header.stamp)
        # A hair less than the period: stamps of a grid are not exact to the nanosecond.
        if self._goal is None or stamp - self._last_stamp < 0.98 * self.runner.spec.policy_period:
            return
        self._last_stamp = stamp
        now = self.time.now()
        try:
            state = messages.arm_state(message, self.runner.spec.joints, stamp)
        except StateError as error:
            self._report(DiagnosticStatus.ERROR, "joint state refused", str(error))
            return
        result = self.runner.step(state, {"goal": self._goal}, now)
        if result.command is not None:
            joints = self.runner.spec.joints
            self._command.publish(
                messages.command_message(result.command, joints, message.header.stamp)
            )
        latency = time.perf_counter() - began
        tip = self.runner.model.forward(state.q)[:3, 3]
        self._publish_telemetry(result, stamp, latency, tip)

    def _publish_telemetry(self, result: Any, stamp: float, latency: float, tip: Any) -> None:
        assert self.runner is not None and self._goal is not None
        data = {
            "stamp": stamp,
            "bundle": self.runner.bundle.name,
            "hash": self.runner.bundle.hash,
            "observation": None if result.observation is None else result.observation.tolist(),
            "action": None if result.action is None else result.action.tolist(),
            "goal": self._goal.value.tolist(),
            "distance": float(np.linalg.norm(tip - self._goal.value)),
            "latency": latency,
            "refused": result.refused,
        }
        self._telemetry.publish(String(data=json.dumps(data)))

    def _on_goal(self, message: PoseStamped) -> None:
        assert self.runner is not None
        spec = self.runner.spec
        frame = message.header.frame_id
        point = message.pose.position
        try:
            if frame != spec.base_link and frame not in spec.frames:
                known = ", ".join([spec.base_link, *spec.frames])
                raise GoalError(f"the goal is in frame '{frame}'; known are {known}")
            T = spec.frames.get(frame, np.eye(4))
            position = (T @ [point.x, point.y, point.z, 1.0])[:3]
            self.runner.check_goal(position)
        except GoalError as error:
            self._goal = None
            self._report(DiagnosticStatus.ERROR, "goal refused", str(error))
            return
        self.runner.reset()
        self._goal = Input(position, self.time.now())
        self._report(DiagnosticStatus.OK, "goal accepted")

    def _watch(self) -> None:
        if self._goal is not None and time.monotonic() - self._heard > STATE_TIMEOUT:
            self._report(DiagnosticStatus.STALE, "no joint states")

    def _report(self, level: bytes, message: str, reason: str = "") -> None:
        """Publish the node's status; a refusal goes to the log as well."""
        values = [KeyValue(key="reason", value=reason)]
        if self.runner is not None:
            values.append(KeyValue(key="bundle", value=self.runner.bundle.name))
            values.append(KeyValue(key="hash", value=self.runner.bundle.hash))
        self._status.publish(
            DiagnosticStatus(level=level, name="policy_node", message=message, values=values)
        )
        if level == DiagnosticStatus.ERROR:
            self.get_logger().error(f"{message}: {reason}")


def make_node() -> PolicyNode:
    """Return the node, active already where ``autostart`` says so."""
    node = PolicyNode()
    if node.autostart:
        if node.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise RobotLearningError("policy_node could not be configured; see the reason above")
        node.trigger_activate()
    return node


def _refuse_unknown_needs(runner: PolicyRunner) -> None:
    untold = sorted(runner.needs - {"goal"})
    untold += ["a gripper to command"] if runner.interface.gripper else []
    if untold:
        raise BundleError(
            f"{runner.bundle.path}: task '{runner.bundle.task}' needs {', '.join(untold)}; "
            "this node knows a goal position alone"
        )


def main(args: list[str] | None = None) -> int:
    """Entry point of ``policy_node``."""
    return run(make_node, args, realtime=True)


if __name__ == "__main__":
    sys.exit(main())
