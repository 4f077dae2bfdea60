"""Capsules that enclose convex bodies: cheap stand-ins that are never too small."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from robot_learning.base.compiled import compiled

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
            lambda ends: _volume(points, radius, ends),
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
    return Capsule(ends[:3], ends[3:], _farthest(points, ends) + radius)


@compiled
def _volume(points: Array, radius: float, ends: Array) -> float:
    """Return the volume of the capsule about a segment ``ends`` (6,) that holds all, m³."""
    length = np.sqrt(np.sum((ends[3:] - ends[:3]) ** 2))
    r = _farthest(points, ends) + radius
    return np.pi * r**2 * (length + 4 / 3 * r)


@compiled
def _farthest(points: Array, ends: Array) -> float:
    """Return the largest distance of ``points`` (m, 3) from the segment ``ends`` (6,), m."""
    along = ends[3:] - ends[:3]
    square = max(np.sum(along * along), 1e-12)
    most = 0.0
    for p in range(points.shape[0]):
        t = 0.0
        for i in range(3):
            t += (points[p, i] - ends[i]) * along[i]
        t = min(max(t / square, 0.0), 1.0)
        away = 0.0
        for i in range(3):
            away += (points[p, i] - ends[i] - t * along[i]) ** 2
        most = max(most, away)
    return np.sqrt(most)


def _simplex(ends: Array, along: Array) -> Array:
    return np.vstack([ends, ends + 0.1 * float(np.ptp(along)) * np.eye(6)])
