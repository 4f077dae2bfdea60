"""Whether the arm follows: measured positions against the reference, at the arm's own delay."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.robot import RobotSpec
from robot_learning.safety.motion import sample

Array = NDArray[np.float64]
LATEST = 3  # control periods by which an arm may be late and still follows
DELAYS = 7  # candidates from none to that
STEP = LATEST / (DELAYS - 1)  # control periods between two of them
KNOTS = 16  # of the reference that are kept, one a control period
MEMORY = 0.9  # what an earlier error counts of one a state later


class Tracking:
    """Compares measured positions with the reference at the delay that fits them best.

    An arm that follows exactly but late is not lost. Its delay is the one of a few candidates,
    at most ``LATEST`` control periods, at which the errors so far are smallest.

    Args:
        spec: the robot.

    Attributes:
        knots: (k, 1 + 2 n) of the reference, newest first: time, positions, velocities.
        squares: (d,) of the errors so far, for each candidate.
        best: which of them fits best.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self._period = spec.control_period
        self.squares = np.zeros(DELAYS)
        self.best = 0
        # One array, since each that is passed costs 0.2 µs.
        self.knots = np.zeros((KNOTS, 1 + 2 * spec.n))

    @property
    def delay(self) -> float:
        """By how much the arm is late, s."""
        return self.best * STEP * self._period

    def reset(self, q: Array, now: float) -> None:
        """Begin anew: the reference has always been at rest at ``q`` (n,)."""
        self.knots[:, 0], self.knots[:, 1 : 1 + len(q)] = now, q
        self.knots[:, 1 + len(q) :] = 0.0
        self.squares[:], self.best = 0.0, 0

    def move_clock(self, seconds: float) -> None:
        """Keep what is known after the clock was set by ``seconds``."""
        self.knots[:, 0] += seconds


@compiled
def remember(
    knots: Array,
    times: Array,
    q: Array,
    qd: Array,
    start: float,
    now: float,
    period: float,
) -> None:
    """Write the motion in hand up to ``now`` before the knots (k, 1 + 2 n), newest first."""
    n = q.shape[1]
    while now > knots[0, 0]:
        missing = min(int(np.ceil((now - knots[0, 0]) / period - 1e-6)), knots.shape[0])
        at = now - (missing - 1) * period
        if knots[0, 0] - knots[1, 0] >= period / 2 or knots[0, 0] == knots[1, 0]:
            knots[1:] = knots[:-1].copy()
        knots[0, 0] = at
        knots[0, 1 : 1 + n], knots[0, 1 + n :] = sample(times, q, qd, at - start)


@compiled
def room_left(
    knots: Array, squares: Array, measured: Array, allowed: Array, stamp: float, period: float
) -> tuple[float, int]:
    """Return the room at the delay that fits best, and which of the candidates that is.

    The room is the distance left to the tracking error, negative where it is passed.

    Args:
        knots: (k, 1 + 2 n) as :class:`Tracking` has them.
        squares: (d,) the same; updated.
        measured: (n,) positions, rad or m.
        allowed: (n,) the tracking error, rad or m.
        stamp: when they were measured, s; later than what is remembered counts as now.
        period: control period, s.
    """
    n = measured.shape[0]
    best, found = 0, np.inf
    for d in range(squares.shape[0]):
        room, square = np.inf, 0.0
        t = min(max(stamp - d * STEP * period, knots[-1, 0]), knots[0, 0])
        i = 0
        while i < knots.shape[0] - 2 and knots[i + 1, 0] > t:
            i += 1
        h = knots[i, 0] - knots[i + 1, 0]
        s = (t - knots[i + 1, 0]) / h if h > 0.0 else 1.0
        for k in range(n):
            # Cubic Hermite, exact where the velocity between two knots is linear.
            before, after = knots[i + 1, 1 + k], knots[i, 1 + k]
            change = after - before
            first, last = h * knots[i + 1, 1 + n + k] - change, change - h * knots[i, 1 + n + k]
            commanded = before + s * (change + (1.0 - s) * (first * (1.0 - s) + last * s))
            off = abs(measured[k] - commanded)
            room = min(room, allowed[k] - off)
            square += (off / allowed[k]) ** 2
        squares[d] = MEMORY * squares[d] + square
        if squares[d] < squares[best] or d == 0:
            best, found = d, room
    return found, best
