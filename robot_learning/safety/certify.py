"""The second look at what leaves the filter, by its numbers alone."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec, Trajectory

Array = NDArray[np.float64]
TOLERANCE = 1e-6  # rad, rad/s and rad/s² (or m): rounding, far below what any arm resolves


def is_certified(stop: Trajectory, spec: RobotSpec) -> bool:
    """Say whether a trajectory keeps all limits over its whole length and ends at rest.

    Position limits of a joint that starts outside them are widened to where it starts. Every
    comparison is written so that NaN fails it.
    """
    q, qd = stop.q, stop.qd
    if not (np.isfinite(q).all() and np.isfinite(qd).all() and np.isfinite(stop.times).all()):
        return False
    h = np.diff(stop.times)[:, None]
    if not (h > 0).all() or not (qd[-1] == 0).all():
        return False
    acceleration = np.diff(qd, axis=0) / h
    moved = np.diff(q, axis=0) - (qd[:-1] + qd[1:]) * h / 2
    turns = qd[:-1] * qd[1:] < 0
    safe = np.where(turns, acceleration, 1.0)
    peaks = np.where(turns, q[:-1] - qd[:-1] ** 2 / (2 * safe), q[:-1])
    lower = np.minimum(spec.soft_lower, q[0]) - TOLERANCE
    upper = np.maximum(spec.soft_upper, q[0]) + TOLERANCE
    return bool(
        (np.abs(qd) <= spec.soft_velocity + TOLERANCE).all()
        and (np.abs(acceleration) <= spec.acceleration * (1 + TOLERANCE) + TOLERANCE).all()
        and (np.abs(moved) <= TOLERANCE).all()
        and (q >= lower).all()
        and (q <= upper).all()
        and (peaks >= lower).all()
        and (peaks <= upper).all()
    )
