"""The second look at what leaves the filter, by its numbers alone."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
TOLERANCE = 1e-6  # rad, rad/s and rad/s² (or m): rounding, far below what any arm resolves


def is_certified(stop: Trajectory, spec: RobotSpec) -> bool:
    """Say whether a trajectory keeps all joint limits over its whole length and ends at rest.

    Position limits of a joint that starts outside them are widened to where it starts. Every
    comparison is written so that NaN fails it.
    """
    return bool(
        _keeps(
            stop.times,
            stop.q,
            stop.qd,
            spec.soft_lower,
            spec.soft_upper,
            spec.soft_velocity,
            spec.acceleration,
        )
    )


@compiled
def _keeps(
    times: Array,
    q: Array,
    qd: Array,
    lower: Array,
    upper: Array,
    velocity: Array,
    acceleration: Array,
) -> bool:
    m, n = q.shape
    for k in range(n):
        low = min(lower[k], q[0, k]) - TOLERANCE
        high = max(upper[k], q[0, k]) + TOLERANCE
        fastest = velocity[k] + TOLERANCE
        hardest = acceleration[k] * (1 + TOLERANCE) + TOLERANCE
        if not qd[m - 1, k] == 0.0:
            return False
        for i in range(m):
            if not (low <= q[i, k] <= high and abs(qd[i, k]) <= fastest):
                return False
            if i == m - 1:
                continue
            h = times[i + 1] - times[i]
            if not (0.0 < h < np.inf):
                return False
            change = (qd[i + 1, k] - qd[i, k]) / h
            moved = q[i + 1, k] - q[i, k] - (qd[i, k] + qd[i + 1, k]) * h / 2
            if not (abs(change) <= hardest and abs(moved) <= TOLERANCE):
                return False
            if qd[i, k] * qd[i + 1, k] < 0.0:
                peak = q[i, k] - qd[i, k] * qd[i, k] / (2 * change)
                if not (low <= peak <= high):
                    return False
    return True
