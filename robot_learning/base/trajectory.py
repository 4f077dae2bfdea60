"""A motion of all joints over time, interpolated as joint_trajectory_controller does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
_SNAP = 1e-9  # s; a time this close to a knot is that knot


@dataclass(frozen=True)
class Trajectory:
    """Knots joined by cubic Hermite splines; before the first and after the last it holds.

    Where velocity is linear between two knots and position its integral (all that the safety
    filter makes), the spline is that quadratic exactly, so interpolating adds no motion.

    Attributes:
        times: (m,) s from the start, increasing, the first 0.
        q: (m, n) positions at the knots, rad or m.
        qd: (m, n) velocities at the knots, rad/s or m/s.
    """

    times: Array
    q: Array
    qd: Array

    @classmethod
    def rest(cls, q: Array) -> "Trajectory":
        """Return the trajectory that stays at ``q`` (n,)."""
        return cls(np.zeros(1), np.array([q], dtype=np.float64), np.zeros((1, len(q))))

    @property
    def duration(self) -> float:
        """Time of the last knot, s."""
        return float(self.times[-1])

    def sample(self, t: float | Array) -> tuple[Array, Array]:
        """Return positions and velocities (..., n) at times ``t`` (...), s from the start."""
        at = np.asarray(t, dtype=np.float64)
        q, qd = _hermite(self.times, self.q, self.qd, at.ravel())
        return q.reshape(*at.shape, -1), qd.reshape(*at.shape, -1)

    def steps(self, count: int, dt: float) -> Array:
        """Return the way of ``count`` steps of ``dt`` s: where each begins, and how fast it goes.

        Positions and velocities (count + 1, 2, n); a step's velocity is what ends it where the
        next begins. The last row is where the motion is then, and its velocity there.
        """
        return _steps(self.times, self.q, self.qd, count, dt)

    def tail(self, t: float) -> "Trajectory":
        """Return what is left of the motion from ``t`` s on."""
        later = self.times > t + _SNAP
        q, qd = self.sample(t)
        return Trajectory(
            np.concatenate([[0.0], self.times[later] - t]),
            np.concatenate([q[None], self.q[later]]),
            np.concatenate([qd[None], self.qd[later]]),
        )

    def head(self, t: float) -> "Trajectory":
        """Return the motion up to ``t`` s, which becomes its last knot."""
        i = int(np.searchsorted(self.times, t - _SNAP))
        if i < len(self.times) and self.times[i] <= t + _SNAP:
            return Trajectory(self.times[: i + 1], self.q[: i + 1], self.qd[: i + 1])
        q, qd = self.sample(t)
        return Trajectory(
            np.append(self.times[:i], t),
            np.concatenate([self.q[:i], q[None]]),
            np.concatenate([self.qd[:i], qd[None]]),
        )

    def behind(self, before: "Trajectory", t: float) -> "Trajectory":
        """Return the first ``t`` s of a motion that comes to where this begins, and then this."""
        first = before.head(t)
        return Trajectory(
            np.concatenate([first.times[:-1], t + self.times]),
            np.concatenate([first.q[:-1], self.q]),
            np.concatenate([first.qd[:-1], self.qd]),
        )


@compiled
def _hermite(times: Array, q: Array, qd: Array, at: Array) -> tuple[Array, Array]:
    """Return positions and velocities (k, n) at times ``at`` (k,) by cubic Hermite splines.

    Before the first knot and after the last the joints are held. The basis is that of Bartels,
    Beatty, Barsky 1987, chapter 3.

    Args:
        times: (m,) of the knots, s.
        q: (m, n) positions at the knots, rad or m.
        qd: (m, n) velocities at the knots, rad/s or m/s.
        at: (k,) s.
    """
    n, last = q.shape[1], times.shape[0] - 1
    out_q, out_qd = np.empty((at.shape[0], n)), np.zeros((at.shape[0], n))
    for row in range(at.shape[0]):
        t = at[row]
        if last == 0 or t < times[0] - _SNAP or t > times[last] + _SNAP:
            out_q[row] = q[0] if t < times[0] else q[last]
            continue
        i = 0
        while i < last - 1 and times[i + 1] <= t + _SNAP:
            i += 1
        h = times[i + 1] - times[i]
        s = (t - times[i]) / h
        if s * h <= _SNAP:
            s = 0.0
        elif (1 - s) * h <= _SNAP:
            s = 1.0
        r = 1 - s
        for k in range(n):
            q0, q1, v0, v1 = q[i, k], q[i + 1, k], qd[i, k], qd[i + 1, k]
            out_q[row, k] = (
                (1 + 2 * s) * r * r * q0 + s * s * (3 - 2 * s) * q1 + h * s * r * (r * v0 - s * v1)
            )
            out_qd[row, k] = (
                6 * s * r * (q1 - q0) / h + r * (1 - 3 * s) * v0 + s * (3 * s - 2) * v1
            )
    return out_q, out_qd


@compiled
def _steps(times: Array, q: Array, qd: Array, count: int, dt: float) -> Array:
    at = np.empty(count + 1)
    for i in range(count + 1):
        at[i] = i * dt
    positions, velocities = _hermite(times, q, qd, at)
    out = np.empty((count + 1, 2, q.shape[1]))
    for i in range(count):
        out[i, 0] = positions[i]
        out[i, 1] = (positions[i + 1] - positions[i]) / dt
    out[count, 0], out[count, 1] = positions[count], velocities[count]
    return out
