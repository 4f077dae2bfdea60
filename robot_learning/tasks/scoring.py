"""Compiled arithmetic of goals and rewards, for one step or a whole replay buffer."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]


def point_distances(achieved: Numbers, desired: Numbers, points: int) -> Array:
    """Return the distances (..., p) of the p points of goals (..., 3 p), m; rows are broadcast.

    Raises:
        ValueError: where a goal has another size, or the rows do not fit each other.
    """
    size = 3 * points
    for name, goals in (("achieved", achieved), ("desired", desired)):
        if goals.shape[-1:] != (size,):
            raise ValueError(f"{name} goals of shape {goals.shape}; expected (..., {size})")
    rows = achieved.shape[:-1]
    if rows != desired.shape[:-1]:
        rows = np.broadcast_shapes(rows, desired.shape[:-1])
        achieved, desired = (
            np.array(np.broadcast_to(g, (*rows, size))) for g in (achieved, desired)
        )
    return _apart(achieved.reshape(-1, size), desired.reshape(-1, size)).reshape(*rows, points)


@compiled
def _apart(achieved: Numbers, desired: Numbers) -> Array:
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


@compiled
def mean_squares(values: Array, full: Array) -> Array:
    """Return the mean squares (k,) of the rows (k, n), each number as a share of ``full`` (n,)."""
    out = np.zeros(values.shape[0])
    for row in range(values.shape[0]):
        for i in range(values.shape[1]):
            share = values[row, i] / full[i]
            out[row] += share * share / values.shape[1]
    return out
