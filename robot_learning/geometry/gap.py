"""Compiled lower bounds of the distance of convex bodies, from a direction that separates them.

Two convex bodies are at least as far apart as their shadows on any line are. The shadow along
the direction of the shortest connection is the distance itself, and a direction a little off
costs only to second order; so a direction found once bounds the distance for a while, whatever
found it. Cf. Ericson 2005, "Real-Time Collision Detection", section 5.2.1.
"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.geometry.distance import BOX, HALF_SPACE

Array = NDArray[np.float64]
Table = NDArray[np.void]


@compiled
def body_gap(T: Array, bodies: Table, points: Array, a: int, b: int, direction: Array) -> float:
    """Return a lower bound of the distance of two bodies, m.

    Args:
        T: (n + 1, 3, 4) motions of the links from where they are with all joints at 0.
        bodies: (.) of type :data:`robot_learning.geometry.bodies.BODY`.
        points: (., 3) corners of all bodies.
        a: row of the first body.
        b: row of the second body.
        direction: (3,) unit vector from the first to the second, moving with the first.
    """
    first, second = bodies[a].link, bodies[b].link
    apart = -bodies[a].radius - bodies[b].radius
    world0 = world1 = world2 = 0.0
    for j in range(3):
        world0 += T[first, 0, j] * direction[j]
        world1 += T[first, 1, j] * direction[j]
        world2 += T[first, 2, j] * direction[j]
    apart += world0 * (T[second, 0, 3] - T[first, 0, 3])
    apart += world1 * (T[second, 1, 3] - T[first, 1, 3])
    apart += world2 * (T[second, 2, 3] - T[first, 2, 3])
    x = T[second, 0, 0] * world0 + T[second, 1, 0] * world1 + T[second, 2, 0] * world2
    y = T[second, 0, 1] * world0 + T[second, 1, 1] * world1 + T[second, 2, 1] * world2
    z = T[second, 0, 2] * world0 + T[second, 1, 2] * world1 + T[second, 2, 2] * world2
    apart += lowest(bodies, points, b, x, y, z)
    return apart + lowest(bodies, points, a, -direction[0], -direction[1], -direction[2])


@compiled
def shape_gap(
    T: Array, bodies: Table, points: Array, a: int, shapes: Array, k: int, direction: Array
) -> float:
    """Return a lower bound of the distance of a body and a shape, m; exact for a half-space.

    Args:
        T: (n + 1, 3, 4) motions of the links from where they are with all joints at 0.
        bodies: (.) of type :data:`robot_learning.geometry.bodies.BODY`.
        points: (., 3) corners of all bodies.
        a: row of the body.
        shapes: (., 16) as :mod:`robot_learning.geometry.distance` reads them.
        k: row of the shape.
        direction: (3,) unit vector from the body to the shape, base frame.
    """
    link, apart = bodies[a].link, -bodies[a].radius
    x = y = z = 0.0
    for i in range(3):
        x -= T[link, i, 0] * direction[i]
        y -= T[link, i, 1] * direction[i]
        z -= T[link, i, 2] * direction[i]
        apart -= T[link, i, 3] * direction[i]
    apart += lowest(bodies, points, a, x, y, z)
    if shapes[k, 0] == HALF_SPACE:
        return apart - shapes[k, 4]
    if shapes[k, 0] == BOX:
        for i in range(3):
            along = 0.0
            for j in range(3):
                along += shapes[k, 4 + 3 * j + i] * direction[j]
            apart += shapes[k, 1 + i] * direction[i] - shapes[k, 13 + i] * abs(along)
        return apart
    start = end = 0.0
    for i in range(3):
        start += shapes[k, 1 + i] * direction[i]
        end += shapes[k, 4 + i] * direction[i]
    return apart + min(start, end) - shapes[k, 7]


@compiled
def lowest(bodies: Table, points: Array, a: int, x: float, y: float, z: float) -> float:
    """Return how far the corners of a body reach against the direction ``x, y, z``, m."""
    least = np.inf
    for i in range(bodies[a].start, bodies[a].stop):
        least = min(least, x * points[i, 0] + y * points[i, 1] + z * points[i, 2])
    return least
