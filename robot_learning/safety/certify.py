"""The second look at what leaves the filter, by its numbers alone."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
TOLERANCE = 1e-6  # rad, rad/s and rad/s² (or m): rounding, far below what any arm resolves


@compiled
def keeps_limits(times: Array, q: Array, qd: Array, limits: Array) -> bool:
    """Say whether a motion keeps all joint limits over its whole length and ends at rest.

    Position limits of a joint that starts outside them are widened to where it starts. Every
    comparison is written so that NaN fails it.

    Args:
        times: (m,) s.
        q: (m, n) at the knots, rad or m.
        qd: (m, n) at the knots, rad/s or m/s.
        limits: (5, n) as :func:`robot_learning.safety.limits.limit_table` returns them.
    """
    m, n = q.shape
    for k in range(n):
        low = min(limits[0, k], q[0, k]) - TOLERANCE
        high = max(limits[1, k], q[0, k]) + TOLERANCE
        fastest = limits[2, k] + TOLERANCE
        hardest = limits[3, k] * (1 + TOLERANCE) + TOLERANCE
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
