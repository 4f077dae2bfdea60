"""Compiled arithmetic of short arrays, where numpy's own takes a microsecond a call."""

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]
Floats = TypeVar("Floats", bound=Numbers)


@compiled
def are_finite(values: Numbers) -> bool:
    """Say whether all of ``values`` (n,) are numbers."""
    for k in range(values.shape[0]):
        if not np.isfinite(values[k]):
            return False
    return True


@compiled
def clipped(values: Floats, most: float) -> Floats:
    """Return ``values`` (n,), none farther than ``most`` from 0."""
    out = np.empty_like(values)
    for k in range(values.shape[0]):
        out[k] = min(max(values[k], -most), most)
    return out


@compiled
def are_between(values: Array, lower: Array, upper: Array) -> bool:
    """Say whether each of ``values`` (n,) is in its range from ``lower`` to ``upper`` (n,)."""
    for k in range(values.shape[0]):
        if not lower[k] <= values[k] <= upper[k]:
            return False
    return True
