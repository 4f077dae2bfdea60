"""The motion that the filter makes: one period to a velocity, then braking to rest."""

import math

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory

Array = NDArray[np.float64]
SNAP = 1e-9  # s
REST = 1e-9  # rad/s or m/s; slower is rounding


def stopping_motion(
    q: Array, qd: Array, given: Array, acceleration: Array, dt: float
) -> Trajectory:
    """Return the period from ``q``, ``qd`` to velocity ``given`` (n,) and the stop behind it.

    See :func:`stop_knots`.
    """
    times, motion = stop_knots(q, qd, given, acceleration, dt)
    return Trajectory(times, motion[0], motion[1])


@compiled
def stop_knots(
    q: Array, qd: Array, given: Array, acceleration: Array, dt: float
) -> tuple[Array, Array]:
    """Return times (m,), s, and positions and velocities (2, m, n) of a period and its stop.

    Each joint brakes at its rated deceleration in whole periods, the last one more gently.

    Args:
        q: (n,) rad or m.
        qd: (n,) rad/s or m/s.
        given: (n,) velocities at the end of the period, rad/s or m/s.
        acceleration: (n,) rated deceleration, rad/s² or m/s².
        dt: length of a period, s.
    """
    n = q.shape[0]
    steps = 0
    fastest = np.abs(given)
    for k in range(n):
        if fastest[k] < REST:
            fastest[k] = 0.0
        elif steps == 0:
            steps = 1
        steps = max(steps, int(math.ceil(fastest[k] / (acceleration[k] * dt) - 1e-9)))
    times = np.empty(steps + 2)
    # One array, since each that is handed to Python costs 2 µs.
    motion = np.empty((2, steps + 2, n))
    positions, velocities = motion[0], motion[1]
    times[0] = 0.0
    for i in range(1, steps + 2):
        times[i] = i * dt
    for k in range(n):
        positions[0, k], velocities[0, k] = q[k], qd[k]
        for i in range(1, steps + 2):
            speed = max(fastest[k] - (i - 1) * acceleration[k] * dt, 0.0)
            if i == steps + 1 and steps > 0:
                speed = 0.0
            velocities[i, k] = math.copysign(speed, given[k]) if speed > 0.0 else 0.0
            positions[i, k] = (
                positions[i - 1, k] + (velocities[i - 1, k] + velocities[i, k]) * dt / 2
            )
    return times, motion


@compiled
def sample(times: Array, q: Array, qd: Array, t: float) -> tuple[Array, Array]:
    """Return positions and velocities (n,) at ``t`` of a motion made by the filter.

    Its velocity is linear between knots; a time within 1 ns of a knot is that knot.
    """
    last = times.shape[0] - 1
    if last == 0 or t > times[last] + SNAP:
        return q[last].copy(), np.zeros(q.shape[1])
    i = 0
    while i < last - 1 and times[i + 1] <= t + SNAP:
        i += 1
    if abs(t - times[i]) <= SNAP or t < times[i]:
        return q[i].copy(), qd[i].copy()
    if abs(t - times[i + 1]) <= SNAP:
        return q[i + 1].copy(), qd[i + 1].copy()
    positions, velocities = q[i].copy(), qd[i].copy()
    h, s = times[i + 1] - times[i], t - times[i]
    for k in range(q.shape[1]):
        change = (qd[i + 1, k] - qd[i, k]) / h
        positions[k] += (qd[i, k] + change * s / 2) * s
        velocities[k] += change * s
    return positions, velocities


@compiled
def travelled(times: Array, qd: Array, t0: float, t1: float, out: Array) -> None:
    """Write how far each joint goes, back and forth, between two times into ``out`` (n,)."""
    out[:] = 0.0
    for i in range(times.shape[0] - 1):
        low, high = max(times[i], t0), min(times[i + 1], t1)
        if high <= low:
            continue
        h = times[i + 1] - times[i]
        for k in range(out.shape[0]):
            slope = (qd[i + 1, k] - qd[i, k]) / h
            v0 = abs(qd[i, k] + slope * (low - times[i]))
            v1 = abs(qd[i, k] + slope * (high - times[i]))
            if qd[i, k] * qd[i + 1, k] < 0.0:
                out[k] += max(v0, v1) * (high - low)
            else:
                out[k] += (v0 + v1) / 2.0 * (high - low)


@compiled
def fastest(qd: Array, i: int, levers: Array) -> float:
    """Return the sum over the joints of levers (n,) times the speed between knots i - 1 and i.

    The most that a point, or a number, which each joint moves by at most its lever can move by
    in a second.
    """
    most = 0.0
    for k in range(qd.shape[1]):
        most += levers[k] * max(abs(qd[i - 1, k]), abs(qd[i, k]))
    return most


@compiled
def fastest_turn(qd: Array, i: int, h: float, levers: Array) -> float:
    """Return the largest acceleration of a point between knots i - 1 and i, h s apart, m/s².

    Each joint moves the point by at most its lever, (n,), m per joint unit; what moves it not at
    all turns nothing after it.
    """
    above = most = 0.0
    for k in range(qd.shape[1]):
        if levers[k] > 0.0:
            speed = max(abs(qd[i - 1, k]), abs(qd[i, k]))
            change = abs(qd[i, k] - qd[i - 1, k]) / h
            most += levers[k] * (change + speed * (speed + 2 * above))
            above += speed
    return most


@compiled
def reference(times: Array, q: Array, qd: Array, t: float) -> Array:
    """Return position, velocity and the acceleration up to then, (3, n), at ``t``."""
    found = np.zeros((3, q.shape[1]))
    found[0], found[1] = sample(times, q, qd, t)
    last = times.shape[0] - 1
    if last > 0 and SNAP < t <= times[last] + SNAP:
        i = 0
        while i < last - 1 and times[i + 1] < t - SNAP:
            i += 1
        found[2] = (qd[i + 1] - qd[i]) / (times[i + 1] - times[i])
    return found


@compiled
def rooms(q: Array, qd: Array, limits: Array) -> tuple[float, float]:
    """Return the smallest distances left to the position and the speed limits.

    Args:
        q: (m, n) at the knots; a period ends at the second.
        qd: (m, n).
        limits: (5, n) as :func:`robot_learning.safety.limits.limit_table` returns them.
    """
    end = min(1, q.shape[0] - 1)
    position = velocity = np.inf
    for k in range(q.shape[1]):
        position = min(position, q[end, k] - limits[0, k], limits[1, k] - q[end, k])
        velocity = min(velocity, limits[2, k] - abs(qd[end, k]))
    return position, velocity
