"""The compiled part of a control period: all that the filter looks at, in one call.

Each call of a compiled function costs as much as most of them compute.
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand, frozen_array
from robot_learning.geometry.bodies import BODY
from robot_learning.kinematics.differential import approach
from robot_learning.robot import RobotSpec
from robot_learning.safety.advance import PAIR
from robot_learning.safety.certify import keeps_limits
from robot_learning.safety.guards import Guards
from robot_learning.safety.limits import bounds, limit_table, project
from robot_learning.safety.motion import reference, stop_knots
from robot_learning.safety.proof import Examined, examine
from robot_learning.safety.search import Start
from robot_learning.safety.tracking import Tracking, remember, room_left
from robot_learning.safety.watch import has_shape, judge, state_fault, within

Array = NDArray[np.float64]
Table = NDArray[np.void]
SAME = 1e-9  # rad/s or m/s; closer to what was asked is what was asked
SPARE = 2  # knots that a motion may have more than from the highest speed
UNSEEN = (0.0, -1, False, 0.0, 0.0)


class Seen(NamedTuple):
    """What a look found.

    Attributes:
        fault: of the measured state, by its place in ``FAULTS``.
        room: distance left to the tracking error, rad or m; NaN where no state is usable.
        delay: which candidate of the arm's delays fits best.
        refused: why the command can't be used, by its place in ``REFUSALS``.
        knots: of the motion to the velocities nearest to those asked for; 0 where it does not
            keep the joint limits, or has more than there is room for.
        same: whether those are the velocities asked for.
        examined: what :func:`robot_learning.safety.proof.examine` makes of that motion.
    """

    fault: int
    room: float
    delay: int
    refused: int
    knots: int
    same: bool
    examined: Examined


class Look:
    """Looks at states and commands for a filter, and keeps what it found last.

    Args:
        spec: the robot.
        guards: what is kept besides the joint limits; None where nothing is.
        tracking: whether the arm follows; it learns from each state.
        timeout: age at which a measured state no longer counts, s.

    Attributes:
        vectors: (5, n) reference position, velocity and acceleration; velocities asked for, and
            those nearest to them in the joint limits.
    """

    def __init__(
        self, spec: RobotSpec, guards: Guards | None, tracking: Tracking, timeout: float
    ) -> None:
        self._n, self._period, self._timeout = spec.n, spec.control_period, timeout
        self._guards, self._tracking = guards, tracking
        self._limits = np.vstack([limit_table(spec), spec.velocity, spec.tracking_error])
        steps = np.ceil(spec.soft_velocity / (spec.acceleration * spec.control_period))
        most = int(steps.max()) + 2 + SPARE
        self._times, self._motion = np.zeros(most), np.zeros((2, most, spec.n))
        self.vectors = np.zeros((5, spec.n))
        self._nothing, self._bad = frozen_array(np.zeros(spec.n)), frozen_array([np.nan])
        self._unguarded = no_tables(spec.n)

    def __call__(
        self,
        held: Trajectory,
        start: float,
        state: ArmState | None,
        command: JointCommand | None,
        dt: float,
        now: float,
    ) -> Seen:
        """Look; ``held`` is the motion in hand, which began at ``start``, s.

        ``command`` is one of n joints, or None where there is none to look at.
        """
        tracking, nothing = self._tracking, self._nothing
        q = qd = asked_qd = asked_q = most = nothing
        stamp, placed, shaped = math.nan, False, False
        if state is not None and has_shape(state, self._n):
            q, qd, stamp = state.q, state.qd, state.stamp
        elif state is not None:
            q = qd = self._bad
        if command is not None:
            asked_qd, placed = command.qd, command.q is not None
            asked_q = nothing if command.q is None else command.q
            shaped = command.acceleration is not None
            most = nothing if command.acceleration is None else command.acceleration
        guards = self._guards
        found = look(
            held.times,
            held.q,
            held.qd,
            start,
            now,
            dt,
            tracking.knots,
            tracking.squares,
            tracking.best,
            self._period,
            q,
            qd,
            stamp,
            self._timeout,
            command is not None,
            asked_qd,
            asked_q,
            placed,
            most,
            shaped,
            self._limits,
            self.vectors,
            self._times,
            self._motion,
            guards is not None,
            *(self._unguarded if guards is None else guards.tables()),
        )
        seen = Seen._make(found)
        tracking.best = seen.delay
        return seen

    def motion(self, count: int) -> Trajectory:
        """Return the motion found last, of ``count`` knots."""
        times, motion = self._times[:count].copy(), self._motion[:, :count].copy()
        return Trajectory(times, motion[0], motion[1])

    def start(self, dt: float) -> Start:
        """Return where the period looked at last begins."""
        q, qd, qdd = self.vectors[:3].copy()
        return Start(q, qd, qdd, dt)


def no_tables(n: int) -> tuple[Any, ...]:
    """Return what stands for the tables of ``examine`` where there is nothing to keep."""
    none, rows, points = np.zeros(0), np.zeros((0, n)), np.zeros((0, 3))
    bodies, pairs = np.zeros(0, dtype=BODY), np.zeros(0, dtype=PAIR)
    arm = np.zeros((n, 7)), bodies, points, pairs, np.zeros((0, 16)), rows, none
    return *arm, 1.0, np.inf, np.zeros(n), 0.0, np.zeros(n), np.zeros(3)


@compiled
def look(
    held_times: Array,
    held_q: Array,
    held_qd: Array,
    start: float,
    now: float,
    dt: float,
    knots: Array,
    squares: Array,
    best: int,
    period: float,
    q: Array,
    qd: Array,
    stamp: float,
    timeout: float,
    asks: bool,
    asked_qd: Array,
    asked_q: Array,
    placed: bool,
    most: Array,
    shaped: bool,
    limits: Array,
    vectors: Array,
    times: Array,
    motion: Array,
    guarded: bool,
    screws: Array,
    bodies: Table,
    points: Array,
    pairs: Table,
    shapes: Array,
    reach: Array,
    room: Array,
    step: float,
    speed_limit: float,
    lever: Array,
    singular_limit: float,
    rates: Array,
    tip: Array,
) -> tuple[int, float, int, int, int, bool, Examined]:
    """Look at a measured state and, where nothing is wrong with it, at a command.

    Args:
        held_times: (m,) of the motion in hand, which began at ``start``, s.
        held_q: (m, n) its positions.
        held_qd: (m, n) its velocities.
        start: s.
        now: when the period begins, s.
        dt: how long it is, s.
        knots: of the reference, as :class:`robot_learning.safety.tracking.Tracking` keeps them.
        squares: the same.
        best: the same.
        period: control period, s.
        q: (n,) measured positions.
        qd: (n,) measured velocities.
        stamp: when they were measured, s; NaN where they were not.
        timeout: age at which they no longer count, s.
        asks: whether there is a command to look at.
        asked_qd: (n,) velocities asked for.
        asked_q: (n,) positions asked for, if ``placed``.
        placed: whether they are.
        most: (n,) most acceleration on the way there, if ``shaped``.
        shaped: whether there is a most.
        limits: (7, n) as ``limit_table`` returns them, then the rated speed and the tracking
            error.
        vectors: (5, n) as :class:`Look` has them; written to.
        times: (m,) of the motion found, s; written to.
        motion: (2, m, n) its positions and velocities; written to.
        guarded: whether there is more to keep than the joint limits.
        screws: this and all that follows as for ``examine``.
        bodies: the same.
        points: the same.
        pairs: the same.
        shapes: the same.
        reach: the same.
        room: the same.
        step: the same.
        speed_limit: the same.
        lever: the same.
        singular_limit: the same.
        rates: the same.
        tip: the same.

    Returns:
        The fields of :class:`Seen`.
    """
    n = limits.shape[1]
    wanted = reference(held_times, held_q, held_qd, now - start)
    vectors[:3] = wanted
    remember(knots, held_times, held_q, held_qd, start, now, period)
    fault, left = state_fault(q, qd, abs(now - stamp), timeout), np.nan
    if fault == 0:
        left, best = room_left(knots, squares, q, limits[6], stamp, period)
        if not left >= 0.0:
            fault = 3
    if fault != 0 or not asks:
        return fault, left, best, 0, 0, False, UNSEEN
    velocity = limits[5]
    refused = judge(
        asked_qd,
        asked_q if placed else wanted[0],
        most if shaped else velocity,
        wanted[0],
        velocity,
    )
    if refused != 0:
        return fault, left, best, refused, 0, False, UNSEEN
    asked = vectors[3]
    for k in range(n):
        asked[k] = asked_qd[k]
        if placed:
            asked[k] += (asked_q[k] - wanted[0, k]) / dt
            asked[k] -= (wanted[1, k] + asked_qd[k]) / 2
    if shaped:
        asked[:] = approach(wanted[1], asked - wanted[1], most, dt)
    allowed = bounds(wanted[0], wanted[1], wanted[2], limits, dt)
    given = project(asked, allowed[0], allowed[1])
    vectors[4] = given
    same = within(given, asked, np.full(n, SAME))
    found_times, found = stop_knots(wanted[0], wanted[1], given, limits[3], dt)
    count = found_times.shape[0]
    fits = count <= times.shape[0]
    if not (fits and keeps_limits(found_times, found[0], found[1], limits)):
        return fault, left, best, 0, 0, same, UNSEEN
    times[:count] = found_times
    motion[:, :count] = found
    if not guarded:
        return fault, left, best, 0, count, same, (0.0, -1, True, 0.0, 0.0)
    examined = examine(
        found_times, found[0], found[1], screws, bodies, points, pairs, shapes, reach, room,
        step, speed_limit, lever, singular_limit, rates, tip,
    )  # fmt: skip
    return fault, left, best, 0, count, same, examined
