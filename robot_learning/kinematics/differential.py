"""From a wanted motion of the tip to joint velocities."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
HOME_TIME = 1.0  # s
HOME_SPEED = 0.2  # of the speed limits
NULL_DAMPING = 1e-6  # m²; what is left over hardly moves the tip
DAMPING = 0.05**2  # m²; bounds steps near singularities
# How fast a tip turns to where it should point: 1/s, and rad/s at most.
TURN_GAIN, TURN_SPEED = 5.0, 1.5


@compiled
def resolve(q: Array, J: Array, twist: Array, home: Array, velocity: Array, most: Array) -> Array:
    """Return joint velocities (n,) that move the tip by ``twist`` a second.

    Spare joints drift toward home; all joints are slowed alike where one would pass ``most``.

    Args:
        q: (n,) rad or m.
        J: (m, n) rows of the Jacobian.
        twist: (m,) m/s and rad/s.
        home: (n,) rad or m; ``q`` where nothing is to drift.
        velocity: (n,) speed limits, rad/s or m/s.
        most: (n,) the fastest that may be asked for, rad/s or m/s.
    """
    return shorten(damped_step(J, twist, DAMPING) + home_motion(q, J, home, velocity), most)


@compiled
def resolve_each(
    q: Array, J: Array, twist: Array, home: Array, velocity: Array, most: Array
) -> Array:
    """Return what :func:`resolve` does (b, n) for each row of ``q`` (b, n).

    ``J`` (b, 6, n) has more rows than are resolved where ``twist`` (b, m) has fewer; ``home`` is
    (b, n), or (1, n) for all.
    """
    m, out = twist.shape[1], np.empty_like(q)
    for row in range(q.shape[0]):
        own = min(row, home.shape[0] - 1)
        out[row] = resolve(q[row], J[row, :m], twist[row], home[own], velocity, most)
    return out


@compiled
def turning(offset: Array) -> Array:
    """Return the angular velocity (3,), rad/s, that turns a tip by ``offset`` (3,), rad."""
    wanted = TURN_GAIN * offset
    speed = np.sqrt((wanted * wanted).sum())
    return wanted * min(1.0, TURN_SPEED / max(speed, 1e-9))


@compiled
def turning_each(offset: Array) -> Array:
    """Return :func:`turning` (b, 3) of each offset (b, 3)."""
    out = np.empty_like(offset)
    for row in range(offset.shape[0]):
        out[row] = turning(offset[row])
    return out


@compiled
def damped_step(J: Array, offset: Array, damping: float) -> Array:
    """Return the joint step (n,) that moves the tip by about ``offset``.

    Damped least squares, J' (J J' + damping 1)^-1 offset, by Cholesky's factors (Nakamura and
    Hanafusa 1986): bounded near singularities.

    Args:
        J: (m, n) rows of the Jacobian.
        offset: (m,) m and rad; or m/s and rad/s, where the result is a joint velocity.
        damping: above 0, m² and rad².
    """
    m, n = J.shape
    L, x = np.zeros((m, m)), offset.copy()
    for i in range(m):
        for j in range(i + 1):
            rest = damping if i == j else 0.0
            for k in range(n):
                rest += J[i, k] * J[j, k]
            for k in range(j):
                rest -= L[i, k] * L[j, k]
            L[i, j] = np.sqrt(rest) if i == j else rest / L[j, j]
    for i in range(m):
        for k in range(i):
            x[i] -= L[i, k] * x[k]
        x[i] /= L[i, i]
    for i in range(m - 1, -1, -1):
        for k in range(i + 1, m):
            x[i] -= L[k, i] * x[k]
        x[i] /= L[i, i]
    out = np.zeros(n)
    for k in range(n):
        for i in range(m):
            out[k] += J[i, k] * x[i]
    return out


@compiled
def home_motion(q: Array, J: Array, home: Array, velocity: Array) -> Array:
    """Return joint velocities (n,) toward home that leave be what the rows ``J`` (m, n) move.

    Without them a redundant arm drifts from goal to goal until a joint is at its limit.

    Args:
        q: (n,) rad or m.
        J: (m, n) rows of the Jacobian.
        home: (n,) rad or m.
        velocity: (n,) speed limits, rad/s or m/s.
    """
    m, n = J.shape
    homeward, moved = np.empty(n), np.zeros(m)
    for k in range(n):
        most = HOME_SPEED * velocity[k]
        homeward[k] = min(max((home[k] - q[k]) / HOME_TIME, -most), most)
        for i in range(m):
            moved[i] += J[i, k] * homeward[k]
    return homeward - damped_step(J, moved, NULL_DAMPING)


@compiled
def home_motion_each(q: Array, J: Array, home: Array, velocity: Array) -> Array:
    """Return :func:`home_motion` (b, n) for ``q`` (b, n) and the tips' ``J`` (b, 6, n)."""
    out = np.empty_like(q)
    for row in range(q.shape[0]):
        out[row] = home_motion(q[row], J[row, :3], home, velocity)
    return out


@compiled
def shorten(values: Array, most: Array) -> Array:
    """Return ``values`` (n,), all of them smaller by what the worst is above ``most`` (n,)."""
    worst = 1.0
    for k in range(values.shape[0]):
        worst = max(worst, abs(values[k]) / most[k])
    return values / worst


@compiled
def approach(now: Array, change: Array, acceleration: Array, dt: float) -> Array:
    """Return the velocities (n,) after ``dt`` s on the straight way to ``now + change``.

    Args:
        now: (n,) rad/s or m/s.
        change: (n,) rad/s or m/s.
        acceleration: (n,) the most of each joint, rad/s² or m/s².
        dt: s.
    """
    return now + shorten(change, acceleration * dt)
