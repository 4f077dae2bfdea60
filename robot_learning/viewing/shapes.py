"""Convex bodies and solids as meshes."""

import itertools

import numpy as np
import trimesh
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from robot_learning.robot.schema import Solid

Array = NDArray[np.float64]
PLANE = (3.0, 3.0, 0.002)  # m that are drawn of a half-space


def hull(points: Array, radius: float = 0.0) -> trimesh.Trimesh:
    """Return the convex hull of ``points`` (m, 3), grown by ``radius``, m."""
    if radius:
        ball = trimesh.creation.icosphere(subdivisions=2, radius=radius).vertices
        points = (points[:, None] + ball[None]).reshape(-1, 3)
    return trimesh.convex.convex_hull(points)


def solid(told: Solid) -> trimesh.Trimesh:
    """Return a solid in the base frame, m; of a half-space a part of its plane."""
    T = told.matrix()
    if told.half_space is not None:
        turn, _ = Rotation.align_vectors([told.half_space], [[0.0, 0.0, 1.0]])
        T[:3, :3] = turn.as_matrix()
    if told.box is not None or told.half_space is not None:
        return trimesh.creation.box(told.box or PLANE, T)
    radius, length = told.capsule or (told.sphere or 0.0, 0.0)
    ends = np.array([[0.0, 0.0, -length / 2], [0.0, 0.0, length / 2]])
    return hull(ends @ T[:3, :3].T + T[:3, 3], radius)


def edges(lower: Array, upper: Array) -> Array:
    """Return the twelve edges (12, 2, 3) of the box between two corners (3,), m."""
    corners = np.array(list(itertools.product(*zip(lower.tolist(), upper.tolist(), strict=True))))
    pairs = itertools.combinations(range(8), 2)
    return corners[[(a, b) for a, b in pairs if (a ^ b).bit_count() == 1]]
