"""Joint position, velocity, acceleration and jerk as bounds on the next velocity.

The position bound is a viability bound, exact in discrete time. A joint that moves at v can be
brought to rest by constant decelerations of at most a, one a period dt. The shortest way it then
still goes is, with v = (k + s) a dt, k whole, 0 <= s < 1,

    D(v) = a dt² / 2 * (k² + (2 k + 1) s),

the quadratic v² / (2 a) at whole k and the chord between them. A velocity v' at the end of a
period is viable when the position there plus D(v') is still inside the limits; braking from a
viable state leads to a viable state, so the limits hold for ever. Cf. Del Prete 2018, "Joint
position and velocity bounds in discrete-time acceleration/torque control of robot manipulators".
"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.robot import RobotSpec
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
# In the order of `bounds`; the jerk comes last, since it gives way.
CAUSES = (Cause.POSITION, Cause.VELOCITY, Cause.ACCELERATION, Cause.JERK)
ALL = len(CAUSES)
SLACK = 1e-9  # rad/s or m/s; rounding


def limit_table(spec: RobotSpec) -> Array:
    """Return the limits that commands keep, (5, n): lower, upper, speed, acceleration, jerk."""
    return np.array(
        [spec.soft_lower, spec.soft_upper, spec.soft_velocity, spec.acceleration, spec.jerk]
    )


@compiled
def bounds(q: Array, qd: Array, qdd: Array, limits: Array, dt: float, only: int = ALL) -> Array:
    """Return the velocities allowed at the end of a period, lowest and highest, (2, n).

    Args:
        q: (n,) reference position, rad or m.
        qd: (n,) reference velocity, rad/s or m/s.
        qdd: (n,) acceleration of the period before, rad/s² or m/s².
        limits: (5, n) as :func:`limit_table` returns them.
        dt: length of the period, s.
        only: the limit to keep, by its place in ``CAUSES``; all where it is left out.
    """
    n = q.shape[0]
    found = np.empty((2, n))
    lower, upper = found[0], found[1]
    lower[:], upper[:] = -np.inf, np.inf
    for k in range(n):
        acceleration = limits[3, k]
        if only == 0 or only == ALL:
            upper[k] = fastest_toward(limits[1, k] - q[k], qd[k], acceleration, dt)
            lower[k] = -fastest_toward(q[k] - limits[0, k], -qd[k], acceleration, dt)
        if only == 1 or only == ALL:
            upper[k] = min(upper[k], limits[2, k])
            lower[k] = max(lower[k], -limits[2, k])
        if only == 2 or only == ALL:
            upper[k] = min(upper[k], qd[k] + acceleration * dt)
            lower[k] = max(lower[k], qd[k] - acceleration * dt)
        if only == 3 or only == ALL:
            same, change = qd[k] + qdd[k] * dt, limits[4, k] * dt * dt
            low, high = lower[k], upper[k]
            lower[k] = min(max(low, same - change), high)
            upper[k] = max(min(high, same + change), low)
    return found


@compiled
def project(asked: Array, lower: Array, upper: Array) -> Array:
    """Return the velocities (n,) inside bounds that are nearest to ``asked`` (n,)."""
    out = np.empty_like(lower)
    for k in range(out.shape[0]):
        out[k] = min(max(asked[k], lower[k]), upper[k])
    return out


@compiled
def beyond(
    asked: Array, q: Array, qd: Array, qdd: Array, limits: Array, dt: float
) -> NDArray[np.bool_]:
    """Return which of the limits in ``CAUSES`` (4,) velocities ``asked`` (n,) break."""
    found = np.zeros(ALL, dtype=np.bool_)
    for limit in range(ALL):
        allowed = bounds(q, qd, qdd, limits, dt, limit)
        for k in range(q.shape[0]):
            if asked[k] > allowed[1, k] + SLACK or asked[k] < allowed[0, k] - SLACK:
                found[limit] = True
    return found


@compiled
def fastest_toward(room: float, qd: float, acceleration: float, dt: float) -> float:
    """Return the largest viable velocity toward a limit after one period, rad/s or m/s.

    Args:
        room: distance left to the limit, rad or m; negative outside it.
        qd: present velocity toward the limit, rad/s or m/s.
        acceleration: rated deceleration, rad/s² or m/s².
        dt: period, s.
    """
    # Largest v' with qd dt/2 + v' dt/2 + D(v') <= room; the left side is piecewise linear in v'.
    step = acceleration * dt
    left = (room - qd * dt / 2) / (step * dt)
    if left >= 0:
        k = np.floor((np.sqrt(1 + 8 * left) - 1) / 2)
        return (k + (left - k * (k + 1) / 2) / (k + 1)) * step
    # Without room for any forward velocity: come back as fast as the limit asks, and where the
    # joint is outside already, anything inward.
    return 0.0 if room < 0 else 2 * left * step
