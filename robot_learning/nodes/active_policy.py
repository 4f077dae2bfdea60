"""A policy at work: joint states, objects and goals in; commands and what led to them out."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from robot_learning.base.types import ArmState, Input
from robot_learning.nodes import messages
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import WAITING
from robot_learning.nodes.frames import Frames
from robot_learning.nodes.goals import Goals, Outcome
from robot_learning.nodes.gripper import GripperState
from robot_learning.nodes.objects import ObjectPoses
from robot_learning.nodes.parameters import PolicyTimes
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.policy import PolicyRunner
from robot_learning.policy.runner import StepResult
from robot_learning.policy.terms import OPENING

Array = NDArray[np.float64]
SAFETY_STATUS = "safety_node/status"
ON_TIME = 0.98  # of a policy period; stamps of a grid are not exact to the nanosecond
LEVELS = {
    Outcome.REACHED: DiagnosticStatus.OK,
    Outcome.CANCELLED: DiagnosticStatus.OK,
    Outcome.TIMED_OUT: DiagnosticStatus.WARN,
    Outcome.REFUSED: DiagnosticStatus.ERROR,
    Outcome.OBJECT_LOST: DiagnosticStatus.ERROR,
}


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
        times: what ends a goal, and ages at which what is measured no longer counts.
    """

    def __init__(
        self, node: Any, runner: PolicyRunner, clock: NodeTime, times: PolicyTimes
    ) -> None:
        self.runner, self._node, self._time, self._times = runner, node, clock, times
        runner.reset()
        self._states = JointStates(node, runner.spec, clock)
        frames = Frames(node, runner.spec)
        self.goals = Goals(node, runner, clock, frames, times, self._on_goals)
        gripper = runner.spec.gripper
        self._gripper = None if gripper is None else GripperState(gripper, clock)
        self._objects = ObjectPoses(
            node,
            runner.interface.objects,
            clock,
            frames,
            lambda: times.deviation(runner),
            self._on_lost,
        )
        self._refused = self._stop = self._limits = ""
        self._delay = self._tick = 0.0
        self._decided_at = self._read_at = -np.inf
        self.refused = 0
        self.distance = float("nan")
        self._command = node.create_publisher(JointState, "~/command", 10)
        self._observation = node.create_publisher(Float64MultiArray, "~/observation", 10)
        self._action = node.create_publisher(Float64MultiArray, "~/action", 10)
        self._heard = [
            node.create_subscription(JointState, TOPIC, self._on_state, messages.JOINT_STATES),
            node.create_subscription(DiagnosticStatus, SAFETY_STATUS, self._on_safety, 1),
        ]

    @property
    def delays(self) -> dict[str, float]:
        """What makes the motion late, s: see the docs on latency."""
        age = self._states.ages[-1] if self._states.ages else 0.0
        return {"state_age": age, "tick": self._tick, "delay": self._delay}

    def close(self) -> None:
        """Fall silent; the safety node brings the arm to rest."""
        self.goals.close()
        self._objects.close()
        for subscription in self._heard:
            self._node.destroy_subscription(subscription)
        for publisher in (self._command, self._observation, self._action):
            self._node.destroy_publisher(publisher)

    def condition(self) -> Condition:
        """Return what the policy does, or the first thing that keeps it from its goal."""
        why = self._states.problem(self._state_timeout)
        if why:
            return Condition(DiagnosticStatus.STALE, "no joint states", why)
        outcome = self.goals.outcome
        if outcome is Outcome.REFUSED:
            return self._ended(outcome)
        if not self._command.get_subscription_count():
            why = f"no safety node listens to {self._command.topic_name}"
            return Condition(DiagnosticStatus.WARN, "nobody listens", why)
        if self._stop:
            return Condition(DiagnosticStatus.WARN, "stopped", self._stop)
        if outcome is not None:
            return self._ended(outcome)
        if self.goals.missing:
            missing = ", ".join(self.goals.missing)
            why = f"no goal: send a geometry_msgs/PoseStamped to {missing}"
            return Condition(DiagnosticStatus.OK, "active", why)
        why = self._objects.problem(self.runner.input_timeout) or self._gripper_problem()
        if why:
            return Condition(DiagnosticStatus.ERROR, "no input", why)
        if self._refused:
            return Condition(DiagnosticStatus.ERROR, "no command", self._refused)
        return Condition(DiagnosticStatus.OK, "goal accepted")

    def _ended(self, outcome: Outcome) -> Condition:
        word = outcome.value.replace("_", " ")
        message = word if outcome is Outcome.OBJECT_LOST else f"goal {word}"
        return Condition(LEVELS[outcome], message, self.goals.reason)

    def _gripper_problem(self) -> str:
        if OPENING not in self.runner.needs:
            return ""
        gripper = self.runner.spec.gripper
        if gripper is None or (self._gripper is not None and self._gripper.opening is not None):
            return ""
        topic = self._node.resolve_topic_name(TOPIC)
        return f"{topic} tells nothing of the gripper's {', '.join(gripper.joints)}"

    @property
    def _state_timeout(self) -> float:
        self.runner.state_timeout = self._times.state(self.runner.spec.control_period)
        self.runner.input_timeout = self._times.object(self.runner.spec.control_period)
        return self.runner.state_timeout

    def check_time(self) -> None:
        """End a goal whose time is over."""
        self.goals.check_time(self.distance, self._limits)

    def _on_state(self, message: JointState) -> None:
        """Keep a joint state until a decision is due, or a control period is over."""
        began, now, spec = time.perf_counter(), self._time.now(), self.runner.spec
        self._states.keep(message)
        since = self._time.seconds(message.header.stamp) - self._decided_at
        early = 0 <= since < ON_TIME * spec.policy_period
        if early and 0 <= now - self._read_at < spec.control_period:
            return
        self._read_at, newest = now, None
        for state, _ in self._states.read(self._state_timeout, self._gripper):
            newest = state or newest
        if newest is not None and not self.goals.missing:
            self._decide(newest, began)

    def _decide(self, state: ArmState, began: float) -> None:
        """Decide where it is time to, and tell of it; ``began`` is when the work did."""
        period = self.runner.spec.policy_period
        if state.stamp < self._decided_at:  # The clock was set back.
            self._decided_at = -np.inf
            self.runner.reset()
        if state.stamp - self._decided_at < ON_TIME * period:
            return
        self._decided_at = state.stamp
        now, inputs = self._time.now(), self._inputs()
        result = self.runner.step(state, inputs, now, self._delay)
        stamp = self._time.stamp(state.stamp)
        if result.command is not None:
            joints = self.runner.spec.joints
            self._command.publish(messages.command_message(result.command, joints, stamp))
        self._tick = time.perf_counter() - began
        self._tell(result, inputs, stamp)
        if result.observation is not None:
            self.goals.follow(self.distance, state.stamp)
        self.check_time()

    def _inputs(self) -> dict[str, Input]:
        inputs = {**self.goals.inputs, **self._objects.positions}
        if self._gripper is not None and self._gripper.opening is not None:
            inputs[OPENING] = self._gripper.opening
        return inputs

    def _tell(self, result: StepResult, inputs: dict[str, Input], stamp: Any) -> None:
        """Publish what was seen and done, one message each a decision."""
        self._refused = result.refused
        self.refused += bool(result.refused)
        if result.observation is not None:
            self.distance = self.runner.interface.distance(result.observation)
            slices = self.runner.interface.term_slices()
            seen = {name: result.observation[part].tolist() for name, part in slices.items()}
            self._observation.publish(messages.labelled(stamp, seen))
        if result.action is not None:
            done = {
                "action": result.action.tolist(),
                "goal": inputs["goal"].value.tolist(),
                "distance": [self.distance],
                "latency": [self._tick],
                "state_age": [self.delays["state_age"]],
                "delay": [self._delay],
            }
            self._action.publish(messages.labelled(stamp, done))

    def _on_goals(self) -> None:
        """Hear that there is another goal, or none any more."""
        self.distance, self._refused = float("nan"), ""
        self._node.report(event=True)

    def _on_lost(self, why: str) -> None:
        """Give the goal up where an object is suddenly elsewhere; without one it may be."""
        if self.goals.inputs:
            self.goals.end(Outcome.OBJECT_LOST, why)

    def _on_safety(self, message: DiagnosticStatus) -> None:
        """Hear how late the arm follows, and of a stop that keeps it from its goal."""
        values = {item.key: item.value for item in message.values}
        self._delay = float(values.get("delay") or 0.0)
        self._limits = values.get("causes", "")
        why = values.get("latched", "")
        stop = f"{message.name} is stopped for {why} until ~/resume" if why else ""
        if message.message == WAITING:
            stop = f"{message.name} waits: {values.get('reason', '')}"
        if bool(stop) != bool(self._stop):
            self._stop = stop
            self._node.report()
        self._stop = stop
