"""A motion of all joints over time, interpolated as joint_trajectory_controller does."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
        t = np.asarray(t, dtype=np.float64)
        if len(self.times) == 1:
            shape = (*t.shape, self.q.shape[1])
            return np.broadcast_to(self.q[0], shape), np.zeros(shape)
        i = np.clip(np.searchsorted(self.times, t + _SNAP) - 1, 0, len(self.times) - 2)
        h = (self.times[i + 1] - self.times[i])[..., None]
        s = np.clip((t - self.times[i])[..., None] / h, 0.0, 1.0)
        s = np.where(s * h <= _SNAP, 0.0, np.where((1 - s) * h <= _SNAP, 1.0, s))
        q0, q1, v0, v1 = self.q[i], self.q[i + 1], self.qd[i], self.qd[i + 1]
        # Cubic Hermite basis, e.g. Bartels, Beatty, Barsky 1987, chapter 3.
        r = 1 - s
        q = (1 + 2 * s) * r * r * q0 + s * s * (3 - 2 * s) * q1 + h * s * r * (r * v0 - s * v1)
        qd = 6 * s * r * (q1 - q0) / h + r * (1 - 3 * s) * v0 + s * (3 * s - 2) * v1
        resting = ((t < -_SNAP) | (t > self.times[-1] + _SNAP))[..., None]
        return q, np.where(resting, 0.0, qd)

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
