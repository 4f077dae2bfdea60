"""Compiled arithmetic of goals and rewards, for one step or a whole replay buffer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]


@compiled
def apart(achieved: NDArray[np.floating[Any]], desired: NDArray[np.floating[Any]]) -> Array:
    """Return the distances (k, p) of p points in each row of both, (k, 3 p), m."""
    rows, points = achieved.shape[0], achieved.shape[1] // 3
    out = np.zeros((rows, points))
    for row in range(rows):
        for point in range(points):
            square = 0.0
            for i in range(3 * point, 3 * point + 3):
                offset = np.float64(achieved[row, i]) - np.float64(desired[row, i])
                square += offset * offset
            out[row, point] = np.sqrt(square)
    return out


@compiled
def dense(errors: Array, tolerances: Array) -> Array:
    """Return the dense reward (k,), without effort, for errors (k, p) with tolerances (p,).

    A bell about the goal, since distance alone is nearly flat in the last centimetre, less the
    errors, in units that make the first of them m.
    """
    out = np.empty(errors.shape[0])
    for row in range(errors.shape[0]):
        squares = far = 0.0
        for part in range(errors.shape[1]):
            share = errors[row, part] / tolerances[part]
            squares += share * share
            far += share
        out[row] = 0.5 * np.exp(-squares) - far * tolerances[0]
    return out
