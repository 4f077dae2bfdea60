"""Quaternions as messages have them."""

from typing import Any

import numpy as np
import pinocchio as pin
from numpy.typing import ArrayLike, NDArray


def rotation_of(quaternion: ArrayLike) -> NDArray[np.float64]:
    """Return the rotation (3, 3) of a quaternion (x, y, z, w) of any length but 0."""
    made: Any = pin.Quaternion(np.asarray(quaternion, dtype=np.float64))
    return np.array(made.normalized().matrix())
