"""Sends goals to a running policy one after the other and records what happens."""

import sys
import time
from pathlib import Path

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import JointState

from robot_learning.base.errors import ConfigError, RobotLearningError, StateError
from robot_learning.base.periods import EPISODES, STATE_PERIODS
from robot_learning.base.settings import check
from robot_learning.base.types import ArmState
from robot_learning.kinematics import ArmModel, sampling
from robot_learning.monitoring.session import Session
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.attempt import Attempt
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.judge import Judge
from robot_learning.nodes.recorder import Recorder
from robot_learning.nodes.run import run
from robot_learning.nodes.stage import Stage
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.safety.guards import Guards
from robot_learning.tasks import TaskSettings, make_task

Array = NDArray[np.float64]
SETTLED = 0.5  # s inside the tolerance that count as reached
ASK_AGAIN = 1.0  # s after which a goal that nobody took is sent again
SILENCE = 30.0  # s without any progress after which the demo gives up
BY_HAND = 600.0  # s more where a person puts the objects in place
# s more for the first goal: nodes may have to compile, on a slow machine beside others.
LOADING = 150.0
LATCHED = 5.0  # s; a stop that nobody has resumed by then ends the demo


class DemoNode(Node):
    """Plays the operator of the bundle's task, and keeps a record in ``out``.

    The episode of goal k is the one that the environment begins with ``seed`` + k. Its objects
    are put in place first; an arm without objects goes on from where it is.
    """

    def __init__(self) -> None:
        super().__init__("demo_node")
        bundle = PolicyBundle.load(parameters.text(self, "bundle", "", "folder of the bundle"))
        robot = parameters.text(self, "robot", "", "robot name or YAML; empty: the bundle's")
        self.spec = RobotSpec.load(robot or bundle.robot["name"])
        self._count = parameters.integer(self, "goals", 20, 1, 100_000, "goals to send")
        told = "for a goal, s; 0: twice an episode of the task"
        self._timeout = parameters.number(self, "timeout", 0.0, 0.0, 600.0, told)
        self._seed = parameters.integer(self, "seed", 0, 0, 2**30, "seed of the goals")
        self._out = parameters.text(self, "out", "session.json", "file for the record")
        simulated = parameters.flag(
            self, "simulated", False, "sim_node puts the objects in place; else a person does"
        )
        self.time = NodeTime(self)
        self.model = ArmModel(self.spec)
        settings = check(TaskSettings, bundle.task_settings, bundle.path)
        free = Guards(self.spec).is_free
        self.task = make_task(settings, self.model, free=free)
        self._timeout = self._timeout or EPISODES * self.task.steps * self.spec.policy_period
        self.session = Session.of(self.spec, bundle)
        objects = bundle.interface.objects
        self._stage = Stage(self, simulated, objects) if self.task.objects else None
        self._by_hand = self._stage is not None and not simulated
        self._states = JointStates(self, self.spec, self.time)
        self._judge = Judge(self, bundle.interface, self.model, self.time)
        self._recorder = Recorder(self, self.spec, self.time, self.session, objects)
        self._attempt: Attempt | None = None
        self._progress = time.monotonic()
        self._safe = self._stopped = False
        self._latched, self._latched_at = "", 0.0
        self._walls: Array | None = None  # of mode reduced: lower and upper corner, (6,) m
        self._reason, self._policy_said = "", "joint states come"
        self._goals = {
            name: self.create_publisher(PoseStamped, f"policy_node/{name}", 10)
            for name in ("goal", "stack_goal")
        }
        self.create_subscription(JointState, TOPIC, self._on_state, messages.JOINT_STATES)
        self.create_subscription(DiagnosticStatus, "policy_node/status", self._on_policy, 10)
        self.create_subscription(DiagnosticStatus, "safety_node/status", self._on_status, 50)
        self.create_timer(1.0, self._watch, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_state(self, message: JointState) -> None:
        try:
            state = self._states.hear(message, STATE_PERIODS * self.spec.control_period)
        except StateError:
            return
        self._judge.hear(message)
        if state is None:
            return
        self.session.add_state(state, state.stamp, self._judge.opening)
        attempt = self._attempt
        if attempt is None:
            self._begin(state)
        elif self._is_in_order(attempt, state.stamp):
            self._go_on(attempt, state)

    def _begin(self, state: ArmState) -> None:
        """Begin the next episode."""
        if self._missing():
            return
        seed = self._seed + len(self.session.goals)
        rng = np.random.default_rng(seed)
        for _ in range(sampling.DRAWS):
            start = self.task.free_start(rng)
            goal = self.task.inputs(0.0)
            far = self.task.objects or self.task.goal_moves
            far = far or self._judge.distance(state, goal) > 2 * self.session.tolerance
            if far and self._is_inside(goal["goal"]):
                break
        else:
            where = "workspace" if self._walls is None else "the small workspace of mode reduced"
            raise ConfigError(f"{self.spec.path}: {where}: too small for the policy's tolerance")
        self._attempt = Attempt(goal, sent=state.stamp)
        self._progress = time.monotonic()
        if self._stage is not None:
            self._stage.prepare(seed, start, state.stamp)

    def _is_inside(self, goal: Array) -> bool:
        """Say whether a goal (3,) is inside the small workspace, where there is one."""
        if self._walls is None:
            return True
        low, high = (
            self._walls[:3] + self.session.tolerance,
            self._walls[3:] - self.session.tolerance,
        )
        return bool((goal >= low).all() and (goal <= high).all())

    def _is_in_order(self, attempt: Attempt, now: float) -> bool:
        """Say whether the goal may be asked for, or has been."""
        if self._stage is None or attempt.taken:
            return True
        self._stage.go_on(self._stopped, bool(self._latched), now)
        if self._stage.problem(self._judge.positions, now) or not self._safe:
            attempt.sent = now
            return False
        return True

    def _go_on(self, attempt: Attempt, state: ArmState) -> None:
        now = state.stamp
        if not attempt.taken:
            if now - attempt.asked > ASK_AGAIN:
                attempt.asked = now
                self._ask(attempt.goal, now)
        elif attempt.moves_since is not None:
            self._lead(attempt, attempt.moves_since, state)
        else:
            self._follow(attempt, state)

    def _ask(self, goal: dict[str, Array], now: float) -> None:
        for name, publisher in self._goals.items():
            if name in goal:
                turn = Rotation.from_matrix(goal.get("goal_rotation", np.eye(3))).as_quat()
                pose = np.concatenate([goal[name], turn])
                stamp = self.time.stamp(now)
                publisher.publish(messages.pose_message(pose, self.spec.base_link, stamp))

    def _follow(self, attempt: Attempt, state: ArmState) -> None:
        now, distance = state.stamp, self._judge.distance(state, attempt.goal)
        if distance > self.session.tolerance:
            attempt.inside = None
        elif attempt.inside is None:
            attempt.inside = now
        settled = attempt.inside is not None and now - attempt.inside >= SETTLED
        if settled and self.task.goal_moves:
            attempt.moves_since = now
        elif settled or attempt.given_up or now - attempt.sent > self._timeout:
            end = attempt.inside if settled and attempt.inside is not None else now
            self._finish(attempt, settled, distance, state, end)

    def _lead(self, attempt: Attempt, since: float, state: ArmState) -> None:
        """Tell where a goal that moves is next, and how far the tip is from where it is."""
        gone = state.stamp - since
        target = self.task.inputs(gone)
        attempt.followed.append(self._judge.distance(state, target))
        attempt.path.append([round(state.stamp, 5), *np.round(target["goal"], 5).tolist()])
        if gone >= self.task.steps * self.spec.policy_period:
            rms = float(np.sqrt(np.mean(np.square(attempt.followed))))
            self._finish(attempt, rms <= self.session.tolerance, rms, state, state.stamp)
            return
        # What is told now is heard before the next state.
        ahead = state.stamp - self.session.times[-2]
        self._ask(self.task.inputs(gone + ahead), state.stamp)

    def _finish(
        self, attempt: Attempt, reached: bool, distance: float, state: ArmState, end: float
    ) -> None:
        seconds, goals = end - attempt.sent, self.session.goals
        tip = self.model.forward(state.q)[:3, 3]
        goals.append(attempt.record(tip, reached, distance, seconds))
        word = "reached" if reached else f"missed {attempt.given_up}".strip()
        print(
            f"goal {len(goals)} of {self._count}: {word} after {seconds:.2f} s, "
            f"{distance * 1e3:.1f} mm",
            flush=True,
        )
        self._attempt = None
        self._progress = time.monotonic()
        if len(goals) == self._count:
            self.session.save(Path(self._out))
            print(f"{self.session.reached} of {self._count} goals reached; record: {self._out}")
            if self.session.shortfall:
                raise RobotLearningError(self.session.shortfall)
            rclpy.try_shutdown()

    def _on_policy(self, message: DiagnosticStatus) -> None:
        values = {item.key: item.value for item in message.values}
        goal = [float(word) for word in values.get("goal", "").split()]
        if self._attempt is not None and len(goal) == 3:
            ours = np.allclose(goal, self._attempt.goal["goal"], atol=1e-9)
            self._attempt.taken = self._attempt.taken or bool(ours)
        outcome = values.get("outcome", "")
        if self._attempt is not None and self._attempt.taken and outcome not in ("", "reached"):
            self._attempt.given_up = outcome
        self._policy_said = f"policy_node: {message.message}: {values.get('reason', '')}"

    def _on_status(self, message: DiagnosticStatus) -> None:
        values = {item.key: item.value for item in message.values}
        latched = values.get("latched", "")
        if latched and not self._latched:
            self._latched_at = time.monotonic()
        self._latched, self._reason = latched, values.get("reason", "")
        if walls := values.get("workspace", ""):
            self._walls = np.array(walls.split(), dtype=np.float64)
        self._safe = message.level == DiagnosticStatus.OK and not latched
        self._stopped = message.message == "STOPPED"
        if self._attempt is not None and self._attempt.taken:
            self._recorder.add_tick(message)

    def _missing(self) -> list[str]:
        """Name what a first goal waits for; the safety node must be in reach and at ease."""
        refused = self._states.refused
        states = f"usable joint states ({refused})" if refused else "joint states"
        safety = f"safety_node ({self._reason})" if self._reason else "safety_node"
        there = {
            states: bool(self.session.times),
            safety: self._safe,
            "policy_node": self._goals["goal"].get_subscription_count() > 0,
            "sim_node": self._stage is None or not self._stage.missing,
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
        missing = ", ".join(self._missing() if self._attempt is None else self._staging())
        loads = bool(missing) and not self.session.goals
        patience = SILENCE + self._timeout + (LOADING if loads else 0.0)
        patience += BY_HAND if self._by_hand else 0.0
        if now - self._progress > patience:
            raise RobotLearningError(
                f"no goal was finished for {patience:.0f} s; "
                + (f"still waiting for {missing}" if missing else self._policy_said)
            )
        if missing:
            self.get_logger().info(f"waiting for {missing}")

    def _staging(self) -> list[str]:
        """Name what the episode at hand waits for."""
        if self._stage is None or self._attempt is None or self._attempt.taken:
            return []
        why = self._stage.problem(self._judge.positions, self.time.now())
        return [why] if why else []


def main(args: list[str] | None = None) -> int:
    """Entry point of ``demo_node``."""
    return run(DemoNode, args)


if __name__ == "__main__":
    sys.exit(main())
