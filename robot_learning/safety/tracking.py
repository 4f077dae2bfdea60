"""Whether the arm follows: measured positions against the reference, at the arm's own delay."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.robot import RobotSpec
from robot_learning.safety.motion import sample

Array = NDArray[np.float64]
LATEST = 3  # control periods by which an arm may be late and still follows
DELAYS = 7  # candidates from none to that
KNOTS = 16  # of the reference that are kept, one a control period
MEMORY = 0.9  # what an earlier error counts of one a state later


class Tracking:
    """Compares measured positions with the reference at the delay that fits them best.

    An arm that follows exactly but late is not lost. Its delay is the one of a few candidates,
    at most ``LATEST`` control periods, at which the errors so far are smallest.

    Args:
        spec: the robot.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self._allowed = np.array(spec.tracking_error)
        self._period = spec.control_period
        self._delays = np.linspace(0.0, LATEST, DELAYS) * spec.control_period
        self._squares = np.zeros(DELAYS)
        self._times = np.zeros(KNOTS)
        self._q, self._qd = np.zeros((KNOTS, spec.n)), np.zeros((KNOTS, spec.n))

    @property
    def delay(self) -> float:
        """By how much the arm is late, s."""
        return float(self._delays[np.argmin(self._squares)])

    def reset(self, q: Array, now: float) -> None:
        """Begin anew: the reference has always been at rest at ``q`` (n,)."""
        self._times[:], self._q[:], self._qd[:] = now, q, 0.0
        self._squares[:] = 0.0

    def move_clock(self, seconds: float) -> None:
        """Keep what is known after the clock was set by ``seconds``."""
        self._times += seconds

    def follow(self, held: Trajectory, start: float, now: float) -> None:
        """Remember the motion in hand, which began at ``start``, up to ``now``, s."""
        knots = (self._times, self._q, self._qd)
        _remember(*knots, held.times, held.q, held.qd, start, now, self._period)

    def room(self, measured: Array, stamp: float) -> float:
        """Return the distance left to the tracking error, rad or m; negative where it is passed.

        Args:
            measured: (n,) positions, rad or m.
            stamp: when they were measured, s; later than what is remembered counts as now.
        """
        knots = (self._times, self._q, self._qd)
        return _room(*knots, self._delays, self._squares, measured, stamp, self._allowed)


@compiled
def _remember(
    times: Array,
    q: Array,
    qd: Array,
    held_times: Array,
    held_q: Array,
    held_qd: Array,
    start: float,
    now: float,
    period: float,
) -> None:
    """Write the motion in hand up to ``now`` before the knots (k,), (k, n), newest first."""
    while now > times[0]:
        missing = min(int(np.ceil((now - times[0]) / period - 1e-6)), times.shape[0])
        at = now - (missing - 1) * period
        if times[0] - times[1] >= period / 2 or times[0] == times[1]:
            times[1:], q[1:], qd[1:] = times[:-1].copy(), q[:-1].copy(), qd[:-1].copy()
        times[0] = at
        q[0], qd[0] = sample(held_times, held_q, held_qd, at - start)


@compiled
def _room(
    times: Array,
    q: Array,
    qd: Array,
    delays: Array,
    squares: Array,
    measured: Array,
    stamp: float,
    allowed: Array,
) -> float:
    best, found = 0, np.inf
    for d in range(delays.shape[0]):
        room, square = np.inf, 0.0
        t = min(max(stamp - delays[d], times[-1]), times[0])
        i = 0
        while i < times.shape[0] - 2 and times[i + 1] > t:
            i += 1
        h = times[i] - times[i + 1]
        s = (t - times[i + 1]) / h if h > 0.0 else 1.0
        for k in range(measured.shape[0]):
            # Cubic Hermite, exact where the velocity between two knots is linear.
            change = q[i, k] - q[i + 1, k]
            first, last = h * qd[i + 1, k] - change, change - h * qd[i, k]
            commanded = q[i + 1, k] + s * (change + (1.0 - s) * (first * (1.0 - s) + last * s))
            off = abs(measured[k] - commanded)
            room = min(room, allowed[k] - off)
            square += (off / allowed[k]) ** 2
        squares[d] = MEMORY * squares[d] + square
        if squares[d] < squares[best] or d == 0:
            best, found = d, room
    return found
