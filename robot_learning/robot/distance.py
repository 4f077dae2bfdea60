"""Compiled distances between capsules and the shapes of a scene.

A shape is a row of 16 numbers: its kind, then
    half-space: outward normal (3), offset: the free side is ``normal @ x > offset``,
    box: centre (3), rotation (9, row by row), half sides (3),
    capsule: start (3), end (3), radius.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]
HALF_SPACE, BOX, CAPSULE = 0, 1, 2
_GOLDEN = 0.6180339887498949
_STEPS = 20


@njit(cache=True)
def between_segments(a0: Array, a1: Array, b0: Array, b1: Array) -> float:
    """Return the distance of two segments (Ericson 2005, "Real-Time Collision Detection", 5.1.9).

    All points are (3,) m.
    """
    aa = ab = bb = ar = br = 0.0
    for i in range(3):
        u, v, r = a1[i] - a0[i], b1[i] - b0[i], a0[i] - b0[i]
        aa += u * u
        bb += v * v
        ab += u * v
        ar += u * r
        br += v * r
    s, t = 0.0, 0.0
    if aa < 1e-12:
        t = min(max(br / bb, 0.0), 1.0) if bb > 1e-12 else 0.0
    elif bb < 1e-12:
        s = min(max(-ar / aa, 0.0), 1.0)
    else:
        area = aa * bb - ab * ab
        if area > 1e-12 * aa * bb:
            s = min(max((ab * br - ar * bb) / area, 0.0), 1.0)
        t = (ab * s + br) / bb
        if t < 0.0:
            t, s = 0.0, min(max(-ar / aa, 0.0), 1.0)
        elif t > 1.0:
            t, s = 1.0, min(max((ab - ar) / aa, 0.0), 1.0)
    square = 0.0
    for i in range(3):
        d = a0[i] + s * (a1[i] - a0[i]) - b0[i] - t * (b1[i] - b0[i])
        square += d * d
    return np.sqrt(square)


@njit(cache=True)
def _to_box(shape: Array, a0: Array, a1: Array, t: float) -> float:
    outside, inside = 0.0, -np.inf
    for i in range(3):
        local = 0.0
        for j in range(3):
            x = a0[j] + t * (a1[j] - a0[j]) - shape[1 + j]
            local += shape[4 + 3 * j + i] * x
        over = abs(local) - shape[13 + i]
        inside = max(inside, over)
        if over > 0.0:
            outside += over * over
    return np.sqrt(outside) if outside > 0.0 else inside


@njit(cache=True)
def to_shape(shape: Array, a0: Array, a1: Array) -> float:
    """Return a lower bound of the distance from a segment to a shape; negative inside it.

    Exact but for boxes, where it is at most the segment's length / 15 000 too small.
    """
    if shape[0] == HALF_SPACE:
        d0 = d1 = -shape[4]
        for i in range(3):
            d0 += shape[1 + i] * a0[i]
            d1 += shape[1 + i] * a1[i]
        return min(d0, d1)
    if shape[0] == CAPSULE:
        return between_segments(a0, a1, shape[1:4], shape[4:7]) - shape[7]
    # The distance to a convex body is convex along a segment: golden-section search.
    low, high = 0.0, 1.0
    t0, t1 = 1.0 - _GOLDEN, _GOLDEN
    d0, d1 = _to_box(shape, a0, a1, t0), _to_box(shape, a0, a1, t1)
    for _ in range(_STEPS):
        if d0 < d1:
            high, t1, d1 = t1, t0, d0
            t0 = high - _GOLDEN * (high - low)
            d0 = _to_box(shape, a0, a1, t0)
        else:
            low, t0, d0 = t0, t1, d1
            t1 = low + _GOLDEN * (high - low)
            d1 = _to_box(shape, a0, a1, t1)
    best = min(d0, d1, _to_box(shape, a0, a1, 0.0), _to_box(shape, a0, a1, 1.0))
    length = 0.0
    for i in range(3):
        length += (a1[i] - a0[i]) ** 2
    return best - (high - low) * np.sqrt(length)
