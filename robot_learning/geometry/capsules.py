"""Capsules that enclose convex bodies: cheap stand-ins that are never too small."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Capsule:
    """All points within ``radius`` of the segment from ``start`` to ``end``.

    Attributes:
        start: (3,) m.
        end: (3,) m.
        radius: m.
    """

    start: Array
    end: Array
    radius: float

    @property
    def length(self) -> float:
        """Length of the segment, m."""
        return float(np.linalg.norm(self.end - self.start))

    @property
    def volume(self) -> float:
        """Volume, m³."""
        return float(np.pi * self.radius**2 * (self.length + 4 / 3 * self.radius))


def enclosing(points: Array, radius: float = 0.0) -> Capsule:
    """Return a small capsule around balls of ``radius`` at ``points`` (m, 3), m.

    It encloses them for certain, whatever the search for the smallest finds: its radius is the
    largest distance of a point from its segment.
    """
    if len(points) == 1:
        return Capsule(points[0], points[0], radius)
    centre = points.mean(axis=0)
    _, _, axes = np.linalg.svd(points - centre, full_matrices=False)
    best: Capsule | None = None
    for axis in axes:
        along = (points - centre) @ axis
        ends = np.array([centre + 0.8 * along.min() * axis, centre + 0.8 * along.max() * axis])
        found = minimize(
            lambda ends: _around(points, radius, ends).volume,
            ends.ravel(),
            method="Nelder-Mead",
            options={"maxfev": 600, "initial_simplex": _simplex(ends.ravel(), along)},
        )
        capsule = _around(points, radius, found.x)
        if best is None or capsule.volume < best.volume:
            best = capsule
    assert best is not None
    return best


def _around(points: Array, radius: float, ends: Array) -> Capsule:
    start, end = ends[:3], ends[3:]
    along = end - start
    t = np.clip((points - start) @ along / max(float(along @ along), 1e-12), 0.0, 1.0)
    away = points - start - t[:, None] * along
    return Capsule(start, end, float(np.sqrt((away * away).sum(axis=1).max())) + radius)


def _simplex(ends: Array, along: Array) -> Array:
    return np.vstack([ends, ends + 0.1 * float(np.ptp(along)) * np.eye(6)])
