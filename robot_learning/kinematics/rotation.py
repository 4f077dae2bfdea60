"""Compiled rotations: what brings one orientation, or one direction, to another."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
SMALL = 1e-4  # rad; below it the axis is taken from the series about no rotation
NEARLY_TURNED = 1e-3  # rad short of half a turn; there the antisymmetric part shows no axis


@compiled
def rotation_vector(R: Array) -> Array:
    """Return axis times angle (3,), rad, of a rotation (3, 3); its angle is at most pi.

    The logarithm of Lynch, Park 2017, "Modern Robotics", section 3.2.3.
    """
    out = np.empty(3)
    out[0], out[1], out[2] = R[2, 1] - R[1, 2], R[0, 2] - R[2, 0], R[1, 0] - R[0, 1]
    twice_sine = np.sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2])
    angle = np.arctan2(twice_sine, R[0, 0] + R[1, 1] + R[2, 2] - 1.0)
    if angle < SMALL:
        return out * (0.5 + angle * angle / 12.0)
    if np.pi - angle > NEARLY_TURNED:
        return out * (angle / twice_sine)
    # R + R' = 2 cos(angle) 1 + 2 (1 - cos(angle)) a a'; the largest entry of a is the surest.
    i = 0
    for k in range(1, 3):
        if R[k, k] > R[i, i]:
            i = k
    cosine, axis = np.cos(angle), np.empty(3)
    for k in range(3):
        axis[k] = (R[i, k] + R[k, i]) / 2.0 - (cosine if k == i else 0.0)
    length = np.sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2])
    if out[0] * axis[0] + out[1] * axis[1] + out[2] * axis[2] < 0.0:
        length = -length
    return axis * (angle / length)


@compiled
def shortest_turn(start: Array, end: Array) -> Array:
    """Return axis times angle (3,), rad, of the shortest turn of one unit vector to another."""
    axis = np.empty(3)
    axis[0] = start[1] * end[2] - start[2] * end[1]
    axis[1] = start[2] * end[0] - start[0] * end[2]
    axis[2] = start[0] * end[1] - start[1] * end[0]
    sine = np.sqrt(axis[0] * axis[0] + axis[1] * axis[1] + axis[2] * axis[2])
    angle = np.arctan2(sine, start[0] * end[0] + start[1] * end[1] + start[2] * end[2])
    if sine > 1e-9:
        return axis * (angle / sine)
    # Opposite, or the same: about any axis across.
    i = np.argmin(np.abs(start))
    across = np.zeros(3)
    across[i] = 1.0
    across -= start[i] * start
    return across * (angle / np.sqrt((across * across).sum()))


@compiled
def turns_to(R_wanted: Array, T: Array) -> Array:
    """Return the rotation vectors (b, 3), rad, that bring poses (b, 4, 4) to a rotation (3, 3)."""
    out, R = np.empty((T.shape[0], 3)), np.empty((3, 3))
    for row in range(T.shape[0]):
        for i in range(3):
            for j in range(3):
                R[i, j] = 0.0
                for k in range(3):
                    R[i, j] += R_wanted[i, k] * T[row, j, k]
        out[row] = rotation_vector(R)
    return out


@compiled
def turns_of_axis(axis: Array, wanted: Array, T: Array) -> Array:
    """Return the shortest (b, 3), rad, that bring an axis (3,) of poses (b, 4, 4) to one, (3,)."""
    out = np.empty((T.shape[0], 3))
    for row in range(T.shape[0]):
        now = np.zeros(3)
        for i in range(3):
            for k in range(3):
                now[i] += T[row, i, k] * axis[k]
        out[row] = shortest_turn(now, wanted)
    return out
