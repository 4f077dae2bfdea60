"""Capsules that enclose convex bodies: cheap stand-ins that are never too small."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
SHARES = (0.9, 0.6, 0.2)  # of the extent of a body along an axis, where its segment may begin
FIRST, FINEST = 0.1, 1e-3  # steps of the search, shares of that extent


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
    axes = np.linalg.eigh((points - centre).T @ (points - centre))[1].T
    turned = np.ascontiguousarray((points - centre) @ axes.T)
    found = []
    for k, along in enumerate(turned.T):
        extent = float(np.ptp(along))
        for share in SHARES:
            ends = np.zeros(6)
            ends[k], ends[3 + k] = share * along.min(), share * along.max()
            _shrink(turned, radius, ends, FIRST * extent, FINEST * extent)
            found.append(_around(points, radius, (ends.reshape(2, 3) @ axes + centre).ravel()))
    return min(found, key=lambda capsule: capsule.volume)


@compiled
def _shrink(points: Array, radius: float, ends: Array, step: float, finest: float) -> None:
    """Move a segment ``ends`` (6,) in place to where its capsule is small: pattern search.

    Hooke, Jeeves 1961, "Direct search solution of numerical and statistical problems".
    """
    best = _volume(points, radius, ends)
    while step > finest:
        before = best
        for k in range(6):
            for move in (step, -step):
                ends[k] += move
                volume = _volume(points, radius, ends)
                if volume < best:
                    best = volume
                else:
                    ends[k] -= move
        if best == before:
            step /= 2


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
