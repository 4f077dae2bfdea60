"""Sends goals to a running policy one after the other and records what happens."""

import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import ConfigError, RobotLearningError, StateError
from robot_learning.base.periods import STATE_PERIODS
from robot_learning.base.trajectory import Trajectory
from robot_learning.kinematics import ArmModel, sampling
from robot_learning.monitoring.session import Session
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.diagnostics import WAITING
from robot_learning.nodes.run import run
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.safety.guards import Guards

Array = NDArray[np.float64]
SETTLED = 0.5  # s inside the tolerance that count as reached
ASK_AGAIN = 1.0  # s after which a goal that nobody took is sent again
SILENCE = 30.0  # s without any progress after which the demo gives up
# s more for the first goal: nodes may have to compile, on a slow machine beside others.
LOADING = 150.0
LATCHED = 5.0  # s; a stop that nobody has resumed by then ends the demo


@dataclass
class Attempt:
    """A goal under way: its position (3,), base frame, m, and times in s."""

    goal: Array
    sent: float
    asked: float
    taken: bool = False
    inside: float | None = None


class DemoNode(Node):
    """Plays the operator: random reachable goals, a record in ``out``."""

    def __init__(self) -> None:
        super().__init__("demo_node")
        bundle = PolicyBundle.load(parameters.text(self, "bundle", "", "folder of the bundle"))
        robot = parameters.text(self, "robot", "", "robot name or YAML; empty: the bundle's")
        self.spec = RobotSpec.load(robot or bundle.robot["name"])
        self._count = parameters.integer(self, "goals", 20, 1, 100_000, "goals to send")
        self._timeout = parameters.number(self, "timeout", 6.0, 0.1, 600.0, "for a goal, s")
        seed = parameters.integer(self, "seed", 0, 0, 2**31, "seed of the goals")
        self._out = parameters.text(self, "out", "session.json", "file for the record")
        kind, topic = parameters.controller(self, self.spec)
        self.time = NodeTime(self)
        self.model = ArmModel(self.spec)
        self.session = Session.of(self.spec, bundle)
        self._clearance = Guards(self.spec).clearance
        self._states = JointStates(self, self.spec, self.time)
        self._rng = np.random.default_rng(seed)
        self._attempt: Attempt | None = None
        self._progress = time.monotonic()
        self._safe = False
        self._latched, self._latched_at = "", 0.0
        self._reason = ""
        self._goals = self.create_publisher(PoseStamped, "policy_node/goal", 10)
        self.create_subscription(JointState, TOPIC, self._on_state, messages.JOINT_STATES)
        self.create_subscription(DiagnosticStatus, "policy_node/status", self._on_policy, 10)
        self.create_subscription(Float64MultiArray, "policy_node/action", self._on_action, 50)
        self.create_subscription(DiagnosticStatus, "safety_node/status", self._on_status, 50)
        if kind == "joint_trajectory_controller":
            self.create_subscription(JointTrajectory, topic, self._on_trajectory, 50)
        else:
            self.create_subscription(Float64MultiArray, topic, self._on_positions, 50)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(1.0, self._watch, clock=steady)

    def _on_state(self, message: JointState) -> None:
        try:
            state = self._states.hear(message, STATE_PERIODS * self.spec.control_period)
        except StateError:
            return
        if state is None:
            return
        stamp = state.stamp
        self.session.add_state(state, stamp)
        tip = self.model.forward(state.q)[:3, 3]
        attempt = self._attempt
        if attempt is None:
            self._next_goal(tip, stamp)
        elif attempt.taken:
            self._follow(attempt, tip, stamp)
        elif stamp - attempt.asked > ASK_AGAIN:
            self._ask(attempt, stamp)

    def _next_goal(self, tip: Array, now: float) -> None:
        if self._missing():
            return
        self._attempt = Attempt(self._draw(tip), sent=now, asked=now)
        self._ask(self._attempt, now)

    def _draw(self, tip: Array) -> Array:
        """Return a goal (3,) that is not here already, where the arm touches nothing, m."""
        for _ in range(sampling.DRAWS):
            _, goal = sampling.in_workspace(self.model, self._rng, free=self._is_free)
            if np.linalg.norm(goal - tip) > 2 * self.session.tolerance:
                return goal
        raise ConfigError(f"{self.spec.path}: workspace: too small for the policy's tolerance")

    def _is_free(self, q: Array) -> bool:
        return not self._clearance.near(q)

    def _ask(self, attempt: Attempt, now: float) -> None:
        attempt.asked = now
        message = PoseStamped()
        message.header.frame_id = self.spec.base_link
        message.header.stamp = self.time.stamp(now)
        point = message.pose.position
        point.x, point.y, point.z = map(float, attempt.goal)
        message.pose.orientation.w = 1.0
        self._goals.publish(message)

    def _follow(self, attempt: Attempt, tip: Array, now: float) -> None:
        distance = float(np.linalg.norm(tip - attempt.goal))
        if distance > self.session.tolerance:
            attempt.inside = None
        elif attempt.inside is None:
            attempt.inside = now
        settled = attempt.inside is not None and now - attempt.inside >= SETTLED
        if settled or now - attempt.sent > self._timeout:
            self._finish(attempt, settled, distance, tip, now)

    def _finish(
        self, attempt: Attempt, reached: bool, distance: float, tip: Array, now: float
    ) -> None:
        end = attempt.inside if reached and attempt.inside is not None else now
        seconds = end - attempt.sent
        goals = self.session.goals
        goals.append(
            {
                "goal": attempt.goal.tolist(),
                "tip": tip.tolist(),
                "reached": reached,
                "distance": distance,
                "seconds": seconds,
                "sent": attempt.sent,
            }
        )
        word = "reached" if reached else "missed"
        print(
            f"goal {len(goals)} of {self._count}: {word} after {seconds:.2f} s, "
            f"{distance * 1e3:.1f} mm",
            flush=True,
        )
        self._attempt = None
        self._progress = time.monotonic()
        if len(goals) == self._count:
            self.session.save(Path(self._out))
            if self.session.shortfall:
                raise RobotLearningError(self.session.shortfall)
            rclpy.try_shutdown()

    def _on_policy(self, message: DiagnosticStatus) -> None:
        values = {item.key: item.value for item in message.values}
        goal = [float(word) for word in values.get("goal", "").split()]
        if self._attempt is not None and len(goal) == 3:
            ours = np.allclose(goal, self._attempt.goal, atol=1e-9)
            self._attempt.taken = self._attempt.taken or bool(ours)

    def _on_action(self, message: Float64MultiArray) -> None:
        _, parts = messages.parts_of(message)
        self.session.latencies.append(float(parts["latency"][0]))

    def _on_status(self, message: DiagnosticStatus) -> None:
        values = {item.key: item.value for item in message.values}
        causes = [cause for cause in values.get("causes", "").split(",") if cause]
        latched = values.get("latched", "")
        if latched and not self._latched:
            self._latched_at = time.monotonic()
        self._latched, self._reason = latched, values.get("reason", "")
        self._safe = message.level == DiagnosticStatus.OK and not latched
        if message.message != WAITING and "no_command" not in causes:
            self.session.add_tick(causes, message.message != "OK")

    def _on_trajectory(self, message: JointTrajectory) -> None:
        trajectory = messages.trajectory_of(message, self.spec.joints)
        start = self.time.seconds(message.header.stamp)
        self.session.add_trajectory(trajectory, start)

    def _on_positions(self, message: Float64MultiArray) -> None:
        if len(message.data) != self.spec.n:
            raise StateError(f"{len(message.data)} positions for {self.spec.n} joints")
        self.session.add_trajectory(Trajectory.rest(np.array(message.data)), self.time.now())

    def _missing(self) -> list[str]:
        """Name what a first goal waits for; the safety node must be in reach and at ease."""
        refused = self._states.refused
        states = f"usable joint states ({refused})" if refused else "joint states"
        safety = f"safety_node ({self._reason})" if self._reason else "safety_node"
        there = {
            states: bool(self.session.times),
            safety: self._safe,
            "policy_node": self._goals.get_subscription_count() > 0,
        }
        return [name for name, here in there.items() if not here]

    def _watch(self) -> None:
        now = time.monotonic()
        if self._latched and now - self._latched_at > LATCHED:
            self.session.save(Path(self._out))
            raise RobotLearningError(
                f"safety_node keeps the arm stopped ({self._latched}) and nobody called its "
                f"~/resume within {LATCHED:.0f} s; {self.session.reached} of {self._count} goals "
                "were reached"
            )
        missing = ", ".join(self._missing())
        loads = bool(missing) and not self.session.goals
        patience = SILENCE + self._timeout + (LOADING if loads else 0.0)
        if now - self._progress > patience:
            raise RobotLearningError(
                f"no goal was finished for {patience:.0f} s; "
                + (f"still waiting for {missing}" if missing else "joint states come")
            )
        if missing and self._attempt is None:
            self.get_logger().info(f"waiting for {missing}")


def main(args: list[str] | None = None) -> int:
    """Entry point of ``demo_node``."""
    return run(DemoNode, args)


if __name__ == "__main__":
    sys.exit(main())
