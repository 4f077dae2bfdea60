"""The search for the safe motion nearest to what is asked for."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.robot import RobotSpec
from robot_learning.safety.certify import keeps_limits
from robot_learning.safety.limits import CAUSES, beyond, bounds, limit_table
from robot_learning.safety.motion import sample, stop_knots
from robot_learning.safety.qp import Cut, closest
from robot_learning.safety.status import Cause
from robot_learning.safety.watch import within

Array = NDArray[np.float64]
Check = Callable[[Trajectory, Array, float], Sequence[Cut]]
PROGRAMMES = 4  # tries to find the closest command before looking between it and the stop
FURTHER = 0.3  # by which share of what is missing later programmes aim past it
SAME = 1e-6  # rad/s or m/s; a programme that changes less has nothing left to say
HALVINGS = 4  # looks between a command and the stop


class Start(NamedTuple):
    """Where a period begins.

    Attributes:
        q: (n,) rad or m.
        qd: (n,) rad/s or m/s.
        qdd: (n,) acceleration of the period before, rad/s² or m/s².
        dt: length of the period, s.
    """

    q: Array
    qd: Array
    qdd: Array
    dt: float


class Found(NamedTuple):
    """What the search came to.

    Attributes:
        stop: the motion and the stop behind it, or None where nothing safe was found.
        given: (n,) its velocities at the end of the period.
        causes: what was in the way.
    """

    stop: Trajectory | None
    given: Array
    causes: tuple[Cause, ...]


class Search:
    """Finds the nearest command whose motion and stop keep every limit.

    The joint limits are bounds, so inside them the nearest command is a projection. Where its
    motion breaks a constraint, a quadratic programme finds the nearest one that keeps it
    linearised, and that is looked at in turn; at last the way back to the stop in hand is halved.

    Args:
        spec: the robot.
        check: a constraint on the whole motion; see :class:`robot_learning.safety.check.Check`.
    """

    def __init__(self, spec: RobotSpec, check: Check) -> None:
        self.spec = spec
        self._check = check
        self._limits = limit_table(spec)
        self._same = np.full(spec.n, SAME)
        self._compile()

    def _compile(self) -> None:
        """Run once what only a command that can't pass unchanged calls."""
        q, still = self.spec.home.copy(), np.zeros(self.spec.n)
        start = Start(q, still, still, self.spec.control_period)
        allowed = bounds(q, still, still, self._limits, start.dt)
        closest(still, allowed[0], allowed[1], [Cut(np.ones(self.spec.n), 0.0, Cause.POSITION)])
        self.attempt(still, start)
        self.broken(still, start)

    def nearest(
        self,
        asked: Array,
        given: Array,
        broken: Sequence[Cut],
        start: Start,
        held: Trajectory,
        end: float,
    ) -> Found:
        """Return the safe motion nearest to the velocities ``asked`` (n,).

        Args:
            asked: (n,) rad/s or m/s.
            given: (n,) the nearest inside the joint limits.
            broken: what would have kept the motion to those safe, if it was looked at; if not, it
                is tried first.
            start: where the period begins.
            held: the stop in hand.
            end: when the period ends, s from the start of ``held``.
        """
        stop: Trajectory | None = None
        if not broken:
            stop, broken = self.attempt(given, start)
            if stop is not None:
                return Found(stop, given, ())
        allowed = bounds(start.q, start.qd, start.qdd, self._limits, start.dt)
        lower, upper = allowed[0], allowed[1]
        braking = sample(held.times, held.q, held.qd, end)[1]
        cuts: list[Cut] = []
        for number in range(PROGRAMMES):
            cuts += broken if number == 0 else [_further(given, cut) for cut in broken]
            better = closest(asked, lower, upper, cuts)
            if better is None:
                # The stop in hand is safe: no cut may forbid it.
                better = closest(asked, lower, upper, [_allowing(braking, cut) for cut in cuts])
            if better is None or within(better, given, self._same):
                break
            given = better
            stop, broken = self.attempt(given, start)
            if stop is not None:
                break
        if stop is None:
            stop, given = self._between(given, start, braking)
        return Found(stop, given, tuple(dict.fromkeys(cut.cause for cut in cuts)))

    def attempt(self, given: Array, start: Start) -> tuple[Trajectory | None, Sequence[Cut]]:
        """Return the motion to ``given`` (n,) where it is safe, else what would keep it so."""
        times, motion, kept = _motion_to(given, start.q, start.qd, self._limits, start.dt)
        if not kept:
            return None, ()
        stop = Trajectory(times, motion[0], motion[1])
        broken = self._check(stop, given, start.dt)
        return (None, broken) if broken else (stop, ())

    def broken(self, asked: Array, start: Start) -> tuple[Cause, ...]:
        """Return which joint limits the velocities ``asked`` (n,) would have broken."""
        found = beyond(asked, start.q, start.qd, start.qdd, self._limits, start.dt)
        return tuple(cause for cause, passed in zip(CAUSES, found, strict=True) if passed)

    def _between(
        self, given: Array, start: Start, braking: Array
    ) -> tuple[Trajectory | None, Array]:
        """Return the safe motion nearest to ``given`` (n,) on the way to the stop in hand."""
        best, low, high = None, 0.0, 1.0
        for _ in range(HALVINGS):
            share = (low + high) / 2
            stop, _ = self.attempt(braking + share * (given - braking), start)
            if stop is None:
                high = share
            else:
                best, low = stop, share
        return best, braking + low * (given - braking)


@compiled
def _motion_to(
    given: Array, q: Array, qd: Array, limits: Array, dt: float
) -> tuple[Array, Array, bool]:
    """Return the motion to ``given`` (n,) and its stop, and whether they keep the joint limits.

    Times (m,), positions and velocities (2, m, n).
    """
    times, motion = stop_knots(q, qd, given, limits[3], dt)
    return times, motion, keeps_limits(times, motion[0], motion[1], limits)


def _further(given: Array, cut: Cut) -> Cut:
    """Return a cut that asks for more than what ``given`` (n,) lacks: no constraint is linear."""
    missing = max(cut.bound - float(cut.normal @ given), 0.0)
    return cut._replace(bound=cut.bound + FURTHER * missing)


def _allowing(braking: Array, cut: Cut) -> Cut:
    """Return a cut moved back so far that it allows the velocities ``braking`` (n,)."""
    return cut._replace(bound=min(cut.bound, float(cut.normal @ braking)))
