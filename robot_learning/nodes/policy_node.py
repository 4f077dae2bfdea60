"""Runs a policy bundle as a lifecycle node."""

import sys
import time
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from rcl_interfaces.msg import SetParametersResult
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import DurabilityPolicy, QoSProfile

from robot_learning.base.errors import RobotLearningError
from robot_learning.base.paths import find_bundle
from robot_learning.nodes import parameters
from robot_learning.nodes.active_policy import ActivePolicy, Condition
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import (
    EACH,
    GRACE,
    LOOK,
    Complaints,
    Diagnostics,
    diagnostic,
)
from robot_learning.nodes.run import run, set_realtime
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.robot import RobotSpec

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
WHILE_UNCONFIGURED = ("bundle", "robot")


class PolicyNode(LifecycleNode):
    """Loads a bundle, lets it work while active, and says once a second how it is."""

    def __init__(self) -> None:
        super().__init__("policy_node")
        told = "folder of the policy bundle or of its run, or a shipped name; while unconfigured"
        parameters.text(self, "bundle", "", told, read_only=False)
        told = "robot name or YAML file, empty: the bundle's; while unconfigured"
        parameters.text(self, "robot", "", told, read_only=False)
        self.autostart = parameters.flag(
            self, "autostart", False, "configure and activate without being asked"
        )
        self._times = parameters.PolicyTimes(self)
        self.add_on_set_parameters_callback(self._may_set)
        self.time = NodeTime(self)
        self.runner: PolicyRunner | None = None
        self._active: ActivePolicy | None = None
        self._idle = Condition(DiagnosticStatus.OK, "unconfigured", "waits for configure")
        self._said: tuple[bytes, str] | None = None
        self._said_at = self._since = time.monotonic()
        self._complaints = Complaints()
        self._status = self.create_publisher(DiagnosticStatus, "~/status", LATCHED)
        self._diagnostics = Diagnostics(self)
        self.create_timer(LOOK, self._look, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _may_set(self, changes: list[Any]) -> SetParametersResult:
        late = [item.name for item in changes if item.name in WHILE_UNCONFIGURED]
        if late and self.runner is not None:
            why = f"{', '.join(late)}: can be set while unconfigured alone; clean up first"
            return SetParametersResult(successful=False, reason=why)
        return SetParametersResult(successful=True)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Load the bundle; refuse one that does not match."""
        try:
            bundle = PolicyBundle.load(find_bundle(self.get_parameter("bundle").value))
            robot = self.get_parameter("robot").value
            runner = PolicyRunner(bundle, RobotSpec.load(robot) if robot else None)
        except RobotLearningError as error:
            self._rest(DiagnosticStatus.ERROR, "bundle refused", str(error))
            return TransitionCallbackReturn.FAILURE
        self.runner = runner
        self._rest(DiagnosticStatus.OK, "configured", "waits for activate")
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to listen and to watch."""
        if self.runner is None:
            return TransitionCallbackReturn.FAILURE
        self._active = ActivePolicy(self, self.runner, self.time, self._times)
        self._since = time.monotonic()
        set_realtime(True)
        self._say(Condition(DiagnosticStatus.OK, "active"))
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent; the safety node brings the arm to rest."""
        self._fall_silent()
        self._rest(DiagnosticStatus.OK, "inactive", "waits for activate")
        return super().on_deactivate(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent, whatever the node was doing."""
        self._fall_silent()
        self._rest(DiagnosticStatus.OK, "finalized")
        return super().on_shutdown(state)

    def _fall_silent(self) -> None:
        set_realtime(False)
        if self._active is not None:
            self._active.close()
            self._active = None

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget the bundle."""
        self.runner = None
        self._rest(DiagnosticStatus.OK, "unconfigured", "waits for configure")
        return TransitionCallbackReturn.SUCCESS

    def _rest(self, level: bytes, message: str, reason: str = "") -> None:
        self._idle = Condition(level, message, reason)
        self._say(self._idle)

    def _look(self) -> None:
        """Say how the node is once a second, and when that changes."""
        if self._active is not None:
            self._active.check_time()
        if self._active is None or time.monotonic() - self._since > GRACE:
            self.report(event=time.monotonic() - self._said_at >= EACH)

    def report(self, event: bool = False) -> None:
        """Say how the node is where that is other than before, or at an ``event``."""
        condition = self._idle if self._active is None else self._active.condition()
        if event or (condition.level, condition.message) != self._said:
            self._say(condition)

    def _say(self, condition: Condition) -> None:
        """Publish the node's status; what is wrong goes to the log as well."""
        self._said, self._said_at = (condition.level, condition.message), time.monotonic()
        values: dict[str, object] = {"reason": condition.reason}
        hardware = ""
        if self.runner is not None:
            hardware = self.runner.spec.name
            values |= {"bundle": self.runner.bundle.name, "hash": self.runner.bundle.hash}
        if self._active is not None:
            goals = self._active.goals
            goal = goals.inputs.get("goal")
            values["goal"] = "" if goal is None else " ".join(map(repr, goal.value.tolist()))
            values["distance"] = "" if goal is None else f"{self._active.distance:.6f}"
            values["outcome"] = "" if goals.outcome is None else goals.outcome.value
            values["refused"] = self._active.refused
            values |= {key: f"{value:.4f}" for key, value in self._active.delays.items()}
        name = self.get_fully_qualified_name()
        self._status.publish(
            diagnostic(condition.level, name, condition.message, values, hardware)
        )
        whole = diagnostic(condition.level, "", condition.message, values, hardware)
        self._diagnostics.publish([whole])
        told = f"{condition.message}: {condition.reason}"
        if condition.level == DiagnosticStatus.OK or not self._complaints.is_new(told):
            return
        if condition.level == DiagnosticStatus.ERROR:
            self.get_logger().error(told)
        else:
            self.get_logger().warning(told)


def make_node() -> PolicyNode:
    """Return the node, active already where ``autostart`` says so."""
    node = PolicyNode()
    if node.autostart:
        if node.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise RobotLearningError("policy_node could not be configured; see the reason above")
        node.trigger_activate()
    return node


def main(args: list[str] | None = None) -> int:
    """Entry point of ``policy_node``."""
    return run(make_node, args, by_events=True)


if __name__ == "__main__":
    sys.exit(main())
