"""Which way gravity pulls."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
GRAVITY = 9.81  # m/s²


def up_frame(down: ArrayLike) -> Array:
    """Return a rotation (3, 3) whose third column is up where ``down`` (3,) is a unit vector."""
    down = np.asarray(down, dtype=np.float64)
    if np.allclose(down, [0, 0, -1]):
        return np.eye(3)
    aside = np.cross(down, np.eye(3)[np.argmin(np.abs(down))])
    aside /= np.linalg.norm(aside)
    return np.stack([aside, np.cross(aside, down), -down], axis=1)


def pull(R_base_up: Array, angle: float = 0.0, heading: float = 0.0) -> Array:
    """Return gravity (3,), base frame, m/s², tilted by ``angle`` rad toward ``heading``, rad."""
    aside, down = GRAVITY * np.sin(angle), GRAVITY * np.cos(angle)
    return R_base_up @ np.array([aside * np.cos(heading), aside * np.sin(heading), -down])
