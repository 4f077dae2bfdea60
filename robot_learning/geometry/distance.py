"""Compiled distances between capsules and the shapes of a scene.

Arguments are rows of tables, since slices cost more here than the arithmetic.

A segment is 6 numbers of a row: start (3), end (3). A shape is a row of 16: its kind, then
    half-space: outward normal (3), offset: the free side is ``normal @ x > offset``,
    box: centre (3), rotation (9, row by row), half sides (3),
    capsule: start (3), end (3), radius.
"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]
HALF_SPACE, BOX, CAPSULE = 0, 1, 2
_GOLDEN = 0.6180339887498949
_STEPS = 20


@compiled
def between_segments(first: Array, a: int, second: Array, b: int, at: int = 0) -> float:
    """Return the distance of two segments (Ericson 2005, "Real-Time Collision Detection", 5.1.9).

    Args:
        first: (., 6) segments, m.
        a: row of the first segment.
        second: segments from column ``at`` on, m.
        b: row of the second segment.
        at: column.
    """
    aa = ab = bb = ar = br = 0.0
    for i in range(3):
        u, v = first[a, 3 + i] - first[a, i], second[b, at + 3 + i] - second[b, at + i]
        r = first[a, i] - second[b, at + i]
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
        d = first[a, i] + s * (first[a, 3 + i] - first[a, i])
        d -= second[b, at + i] + t * (second[b, at + 3 + i] - second[b, at + i])
        square += d * d
    return np.sqrt(square)


@compiled
def _to_box(shapes: Array, k: int, segments: Array, a: int, t: float) -> float:
    outside, inside = 0.0, -np.inf
    for i in range(3):
        local = 0.0
        for j in range(3):
            x = segments[a, j] + t * (segments[a, 3 + j] - segments[a, j]) - shapes[k, 1 + j]
            local += shapes[k, 4 + 3 * j + i] * x
        over = abs(local) - shapes[k, 13 + i]
        inside = max(inside, over)
        if over > 0.0:
            outside += over * over
    return np.sqrt(outside) if outside > 0.0 else inside


@compiled
def from_middle(shapes: Array, k: int, segments: Array, a: int) -> float:
    """Return the distance from the middle of a segment to a shape, m; negative inside it.

    No more than that for capsules, whose ends may stick out of the ball that is meant instead.
    """
    if shapes[k, 0] == BOX:
        return _to_box(shapes, k, segments, a, 0.5)
    if shapes[k, 0] == HALF_SPACE:
        distance = -shapes[k, 4]
        for i in range(3):
            distance += shapes[k, 1 + i] * (segments[a, i] + segments[a, 3 + i]) / 2
        return distance
    square = length = 0.0
    for i in range(3):
        d = segments[a, i] + segments[a, 3 + i] - shapes[k, 1 + i] - shapes[k, 4 + i]
        square += d * d
        length += (shapes[k, 4 + i] - shapes[k, 1 + i]) ** 2
    return (np.sqrt(square) - np.sqrt(length)) / 2 - shapes[k, 7]


@compiled
def to_shape(shapes: Array, k: int, segments: Array, a: int) -> float:
    """Return a lower bound of the distance from a segment to a shape, m; negative inside it.

    Exact but for boxes, where it is at most the segment's length / 15 000 too small.

    Args:
        shapes: (., 16).
        k: row of the shape.
        segments: (., 6) m.
        a: row of the segment.
    """
    if shapes[k, 0] == HALF_SPACE:
        d0 = d1 = -shapes[k, 4]
        for i in range(3):
            d0 += shapes[k, 1 + i] * segments[a, i]
            d1 += shapes[k, 1 + i] * segments[a, 3 + i]
        return min(d0, d1)
    if shapes[k, 0] == CAPSULE:
        return between_segments(segments, a, shapes, k, 1) - shapes[k, 7]
    # The distance to a convex body is convex along a segment: golden-section search.
    low, high = 0.0, 1.0
    t0, t1 = 1.0 - _GOLDEN, _GOLDEN
    d0, d1 = _to_box(shapes, k, segments, a, t0), _to_box(shapes, k, segments, a, t1)
    for _ in range(_STEPS):
        if d0 < d1:
            high, t1, d1 = t1, t0, d0
            t0 = high - _GOLDEN * (high - low)
            d0 = _to_box(shapes, k, segments, a, t0)
        else:
            low, t0, d0 = t0, t1, d1
            t1 = low + _GOLDEN * (high - low)
            d1 = _to_box(shapes, k, segments, a, t1)
    ends = min(_to_box(shapes, k, segments, a, 0.0), _to_box(shapes, k, segments, a, 1.0))
    length = 0.0
    for i in range(3):
        length += (segments[a, 3 + i] - segments[a, i]) ** 2
    return min(d0, d1, ends) - (high - low) * np.sqrt(length)
