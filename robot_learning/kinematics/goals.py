"""How far an orientation is from the one that is wanted."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]
ANGLE = 0.1  # rad; an orientation within it counts as reached


def angle_between(first: Numbers, second: Numbers) -> Array:
    """Return the angles (...,), rad, between rotations told by their first two columns (..., 6).

    By the three columns |R1 - R2| = 2 sqrt(2) sin(angle / 2); the third follows from two.
    """
    chord = np.linalg.norm(_columns(first) - _columns(second), axis=(-2, -1)) / (2 * np.sqrt(2))
    return np.asarray(2 * np.arcsin(np.clip(chord, 0.0, 1.0)))


def _columns(two: Numbers) -> Array:
    """Return rotations (..., 3, 3), transposed, from their first two columns (..., 6)."""
    both = two.reshape(*two.shape[:-1], 2, 3)
    third = np.cross(both[..., 0, :], both[..., 1, :])
    return np.concatenate([both, third[..., None, :]], axis=-2)
