"""Rotations as messages and files have them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def rotation_of(quaternion: ArrayLike) -> Array:
    """Return the rotation (3, 3) of a quaternion (x, y, z, w) of any length but 0."""
    import pinocchio as pin

    made: Any = pin.Quaternion(np.asarray(quaternion, dtype=np.float64))
    return np.array(made.normalized().matrix())


def rpy_of(R: Array) -> Array:
    """Return roll, pitch and yaw (3,), rad, about fixed axes of a rotation (3, 3)."""
    from pinocchio.rpy import matrixToRpy

    return np.asarray(matrixToRpy(R))
