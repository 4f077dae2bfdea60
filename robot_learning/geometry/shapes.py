"""Solids of a scene, as coal shapes and as rows for the compiled distances."""

from dataclasses import dataclass
from typing import Any

import coal
import numpy as np
from numpy.typing import NDArray

from robot_learning.geometry.distance import BOX, CAPSULE, HALF_SPACE
from robot_learning.robot.schema import Solid

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Shape:
    """A solid, ready for distances.

    Attributes:
        name: of the solid.
        shape: for coal.
        T_base_shape: (4, 4).
        row: (16,) as :mod:`robot_learning.geometry.distance` reads it.
    """

    name: str
    shape: Any
    T_base_shape: Array
    row: Array


def shape_of(solid: Solid) -> Shape:
    """Return a solid ready for distances."""
    T = solid.matrix()
    row = np.zeros(16)
    if solid.half_space is not None:
        normal = np.array(solid.half_space) / np.linalg.norm(solid.half_space)
        row[0], row[1:4], row[4] = HALF_SPACE, normal, normal @ T[:3, 3]
        return Shape(solid.name, coal.Halfspace(normal, row[4]), np.eye(4), row)
    if solid.box is not None:
        row[0], row[1:4], row[4:13] = BOX, T[:3, 3], T[:3, :3].ravel()
        row[13:16] = np.array(solid.box) / 2
        return Shape(solid.name, coal.Box(*solid.box), T, row)
    radius, length = solid.capsule or (solid.sphere or 0.0, 0.0)
    half = T[:3, 2] * length / 2
    row[0], row[1:4], row[4:7], row[7] = CAPSULE, T[:3, 3] - half, T[:3, 3] + half, radius
    shape = coal.Capsule(radius, length) if solid.capsule else coal.Sphere(radius)
    return Shape(solid.name, shape, T, row)
