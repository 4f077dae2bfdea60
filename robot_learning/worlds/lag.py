"""Joints that follow their reference by a first-order lag."""

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Lag:
    """Makes of where motors are sent where joints that lag are sent.

    Attributes:
        constant: of time, s; 0 for none.
    """

    def __init__(self) -> None:
        self.constant = 0.0
        self._q: Array | None = None

    def reset(self) -> None:
        """Begin anew, at rest."""
        self._q = None

    def follow(self, steps: Array, dt: float) -> Array:
        """Return the way that lags behind ``steps`` (k + 1, 2, n) of :meth:`Trajectory.steps`."""
        if not self.constant:
            return steps
        lagging = np.empty_like(steps)
        q = steps[0, 0] if self._q is None else self._q
        kept = math.exp(-dt / self.constant)
        for (wanted, speed), out in zip(steps[:-1], lagging[:-1], strict=True):
            behind = self.constant * speed  # by which it trails in the end, at this speed
            after = wanted + dt * speed - behind + kept * (q - wanted + behind)
            out[0], out[1] = q, (after - q) / dt
            q = after
        self._q = q
        lagging[-1, 0], lagging[-1, 1] = q, (steps[-1, 0] - q) / self.constant
        return lagging
