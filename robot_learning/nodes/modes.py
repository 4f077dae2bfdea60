"""What a mode of the ladder makes of the safety node: where motions go, and which arm it sees."""

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.monitoring.ladder import DRY_RUN, REDUCED, SHADOW
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.ladder import Ladder
from robot_learning.nodes.outlet import Outlet
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Box
from robot_learning.safety import Cause, SafetyFilter, SafetyResult
from robot_learning.safety.watch import unusable_state

Array = NDArray[np.float64]
SMALL = 0.15  # m from the tip's start to each wall of the workspace in the reduced mode
KEPT = 8  # motions that a rehearsal remembers; a joint state is younger than that many periods


class Nowhere:
    """Stands in for an outlet: no controller hears of a motion, whoever draws it does.

    Args:
        node: who publishes.
        spec: the robot.
        time: the node's.
    """

    stream, ignored = None, ""

    def __init__(self, node: Any, spec: RobotSpec, time: NodeTime) -> None:
        own = parameters.controller(node, spec)
        if spec.gripper is not None:
            parameters.gripper_controller(node, spec, spec.gripper, own)
        self._joints, self._time = spec.joints, time
        self._shown = node.create_publisher(JointTrajectory, "~/would_send", 10)

    def send(self, motion: Trajectory, opening: float | None, start: float, moving: bool) -> None:
        """Show what would be sent; see :meth:`Outlet.send`."""
        if moving:
            stamp = self._time.stamp(start)
            self._shown.publish(messages.trajectory_message(motion, self._joints, stamp))

    def unfit(self) -> str:
        """Return nothing: nobody is moved."""
        return ""

    def problem(self) -> str:
        """Return nothing: there is nobody to be missed."""
        return ""


class Mode:
    """The full mode: the arm is moved.

    Args:
        node: the safety node.
        safety: the filter.
        outlet: where motions go.

    Attributes:
        relays: whether the policy gets its joint states from here.
    """

    relays = False

    def __init__(self, node: Any, safety: SafetyFilter, outlet: Outlet | Nowhere) -> None:
        self.outlet, self._filter, self._spec = outlet, safety, safety.spec

    def begin(self, state: ArmState) -> None:
        """Hear where the arm begins, or begins again after a stop."""

    def hear(self, state: ArmState | None, message: JointState) -> ArmState | None:
        """Return the state that the filter is to see.

        Args:
            state: as measured; None where the message brought no newer one.
            message: that it came with.
        """
        return state

    def measured(self, state: ArmState | None) -> ArmState | None:
        """Return the state of the arm itself, given the one that the filter saw."""
        return state

    def prepare(
        self, command: JointCommand | None, state: ArmState | None, now: float
    ) -> ArmState | None:
        """Return the state to serve the period that starts at ``now``, s, from."""
        return state

    def served(self, result: SafetyResult, start: float) -> None:
        """Hear what the filter let through from ``start`` on, s."""

    def words(self) -> dict[str, str]:
        """Return further keys and values of the status."""
        return {}


class Reduced(Mode):
    """The arm is moved slowly, and its tip stays near where it began."""

    def __init__(self, node: Any, safety: SafetyFilter, time: NodeTime) -> None:
        super().__init__(node, safety, Outlet(node, safety.spec, time))
        self._model = ArmModel(safety.spec)
        self._workspace = ""

    def begin(self, state: ArmState) -> None:
        """Lay the small workspace around where the tip begins, once."""
        guards = self._filter.guards
        if guards is None or self._workspace:
            return
        tip = self._model.forward(state.q)[:3, 3]
        guards.confine(Box(lower=tuple(tip - SMALL), upper=tuple(tip + SMALL)))
        corners = np.concatenate([tip - SMALL, tip + SMALL])
        self._workspace = " ".join(f"{value:.3f}" for value in corners)

    def words(self) -> dict[str, str]:
        """Return the small workspace: its lower and its upper corner, base frame, m."""
        return {"workspace": self._workspace}


class DryRun(Mode):
    """The arm rests; an imagined one follows the filter exactly, and the policy sees that one.

    It is where the real arm is, moved by what the filter let through since. A real arm that goes
    anywhere takes it along, and so is a tracking error.
    """

    relays = True

    def __init__(self, node: Any, safety: SafetyFilter, time: NodeTime) -> None:
        super().__init__(node, safety, Nowhere(node, safety.spec, time))
        self._out = node.create_publisher(JointState, "~/joint_states", messages.JOINT_STATES)
        self._motions: deque[tuple[float, Trajectory]] = deque(maxlen=KEPT)
        self._real: ArmState | None = None
        self._begun: Array | None = None

    def begin(self, state: ArmState) -> None:
        """Let the imagined arm rest where the real one is."""
        self._begun = state.q
        self._motions.clear()

    def hear(self, state: ArmState | None, message: JointState) -> ArmState | None:
        """Return the state of the imagined arm, and tell the policy of it."""
        arm, told = self._spec.joints, JointState(header=message.header)
        # Other joints are the gripper's, which rests as the arm does.
        others = dict(zip(message.name, message.position, strict=False))
        others = {name: q for name, q in others.items() if name not in arm}
        imagined = None if state is None else self._imagined(state)
        q = [] if imagined is None else imagined.q.tolist()
        qd = [] if imagined is None else imagined.qd.tolist()
        told.name = [*(arm if q else ()), *others]
        told.position = [*q, *others.values()]
        told.velocity = [*qd, *([0.0] * len(others))]
        if told.name:
            self._out.publish(told)
        return imagined

    def _imagined(self, real: ArmState) -> ArmState:
        self._real = real
        if self._begun is None or not self._motions:
            return ArmState(real.q, np.zeros(self._spec.n), real.stamp)
        q, qd = self._at(real.stamp)
        return ArmState(q + real.q - self._begun, qd, real.stamp)

    def _at(self, t: float) -> tuple[Array, Array]:
        """Return where the imagined arm is at ``t``, s, and how fast: (n,) each."""
        start, motion = next((m for m in reversed(self._motions) if m[0] <= t), self._motions[0])
        return motion.sample(t - start)

    def measured(self, state: ArmState | None) -> ArmState | None:
        """Return the state of the real arm."""
        return self._real

    def served(self, result: SafetyResult, start: float) -> None:
        """Let the imagined arm follow."""
        self._motions.append((start, result.stop))


class Shadow(Mode):
    """Somebody else moves the arm; what is asked for is compared with what it does.

    The filter begins anew each period where the arm is, so that it says what it would change.
    """

    def __init__(self, node: Any, safety: SafetyFilter, time: NodeTime, ladder: Ladder) -> None:
        super().__init__(node, safety, Nowhere(node, safety.spec, time))
        self._ladder, self._model = ladder, ArmModel(safety.spec)
        self._real: ArmState | None = None
        self._words: dict[str, str] = {}

    def begin(self, state: ArmState) -> None:
        """Take the arm to be where it is."""
        self._real = state

    def hear(self, state: ArmState | None, message: JointState) -> ArmState | None:
        """Return the measured state; stop where the arm is suddenly elsewhere."""
        if state is not None and self._real is not None and self._jumped(self._real, state):
            self._filter.request_stop(Cause.TRACKING_ERROR)
        self._real = state or self._real
        return state

    def _jumped(self, before: ArmState, now: ArmState) -> bool:
        """Say whether no motion could have taken the arm from one state to another."""
        passed = min(max(now.stamp - before.stamp, 0.0), self._filter.state_timeout)
        most = self._spec.velocity * passed + self._spec.tracking_error
        return bool((np.abs(now.q - before.q) > most).any())

    def prepare(
        self, command: JointCommand | None, state: ArmState | None, now: float
    ) -> ArmState | None:
        """Begin anew where the arm is, and compare it with what is asked for."""
        self._words = {}
        latched, timeout = self._filter.latched, self._filter.state_timeout
        if state is None or unusable_state(state, self._spec.n, timeout, now):
            return state
        try:
            self._filter.reset(state.q, now)
        except SafetyError as error:
            self._words["contact"] = str(error)
        if latched is not None:
            self._filter.request_stop(latched)
        if command is not None:
            self._compare(command, state)
        return ArmState(self._filter.reference(now)[0], state.qd, state.stamp)

    def _compare(self, command: JointCommand, state: ArmState) -> None:
        limits = self._spec.soft_velocity
        off = np.clip(command.qd, -limits, limits) - state.qd
        worst = int(np.argmax(np.abs(off) / limits))
        tip = float(np.linalg.norm(self._model.jacobian(state.q)[:3] @ off))
        share = float(abs(off[worst]) / limits[worst])
        self._ladder.disagree(share, tip)
        self._words["disagreement.joints"] = " ".join(f"{value:.4f}" for value in off)
        self._words["disagreement.worst"] = f"{self._spec.joints[worst]} {off[worst]:.4f}"
        self._words["disagreement.tip"] = f"{tip:.4f}"

    def words(self) -> dict[str, str]:
        """Return how far what is asked for is from what the arm does: rad/s or m/s."""
        return self._words


def make_mode(node: Any, ladder: Ladder, safety: SafetyFilter, time: NodeTime) -> Mode:
    """Return what the ladder's mode makes of the safety node."""
    if ladder.mode == DRY_RUN:
        return DryRun(node, safety, time)
    if ladder.mode == SHADOW:
        return Shadow(node, safety, time, ladder)
    if ladder.mode == REDUCED:
        return Reduced(node, safety, time)
    return Mode(node, safety, Outlet(node, safety.spec, time))
