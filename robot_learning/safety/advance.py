"""Compiled proof that a whole motion keeps its distances: conservative advancement.

From a configuration where a pair is d apart, no motion brings it together before one of its
points has travelled d. Joint k moves no point of the pair by more than ``reach[k]`` metres a
radian (1 for a prismatic joint), so the motion may be followed for as long as

    sum over the joints of reach[k] * travel[k] <= d

and looked at again there. With d >= margin at every look, the pair is at least margin / 2 apart
everywhere between: (d + margin - d) / 2. A pair that keeps its margin whatever the rest of the
motion does is not looked at again. Pairs that start nearer than their margin are looked at
five times as often. Mirtich 1996, "Impulse-based dynamic simulation", section 2.3.2; Schwarzer,
Saha, Latombe 2005, "Adaptive dynamic collision checking".
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from robot_learning.robot.chain import link_poses
from robot_learning.robot.distance import between_segments, from_middle, to_shape
from robot_learning.robot.gap import body_gap, shape_gap
from robot_learning.safety.motion import sample, travelled

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Table = NDArray[np.void]
# A pair for compiled functions: a body, and another one farther from the base or -1 - shape; the
# number of its cause; its margin, m; the factor on its travel; the direction from the body to the
# other thing, moving with the body, or in the base frame where that is a shape.
PAIR = np.dtype(
    [
        ("body", np.int64),
        ("other", np.int64),
        ("cause", np.int64),
        ("margin", np.float64),
        ("careful", np.float64),
        ("direction", np.float64, (3,)),
    ]
)


@njit(cache=True)
def capsule_ends(T: Array, bodies: Table) -> Array:
    """Return where the capsules start and end, (b, 6), m, with links moved by ``T``."""
    ends = np.empty((bodies.shape[0], 6))
    for a in range(bodies.shape[0]):
        link = bodies[a].link
        for e in (0, 3):
            for i in range(3):
                ends[a, e + i] = T[link, i, 3]
                for j in range(3):
                    ends[a, e + i] += T[link, i, j] * bodies[a].capsule[e + j]
    return ends


@njit(cache=True)
def ball_distance(p: int, ends: Array, bodies: Table, pairs: Table, shapes: Array) -> float:
    """Return the distance of a pair with balls for bodies, m; no more than the real one."""
    a, b = pairs[p].body, pairs[p].other
    if b < 0:
        return from_middle(shapes, -1 - b, ends, a) - bodies[a].ball
    square = 0.0
    for i in range(3):
        d = ends[a, i] + ends[a, 3 + i] - ends[b, i] - ends[b, 3 + i]
        square += d * d
    return np.sqrt(square) / 2 - bodies[a].ball - bodies[b].ball


@njit(cache=True)
def capsule_distance(p: int, ends: Array, bodies: Table, pairs: Table, shapes: Array) -> float:
    """Return the distance of a pair with capsules for bodies, m; no more than the real one."""
    a, b = pairs[p].body, pairs[p].other
    if b < 0:
        return to_shape(shapes, -1 - b, ends, a) - bodies[a].capsule[6]
    d = between_segments(ends, a, ends, b)
    return d - bodies[a].capsule[6] - bodies[b].capsule[6]


@njit(cache=True)
def hull_distance(
    p: int, T: Array, bodies: Table, points: Array, pairs: Table, shapes: Array
) -> float:
    """Return the distance of a pair along its direction, m; no more than the real one."""
    a, b = pairs[p].body, pairs[p].other
    if b < 0:
        return shape_gap(T, bodies, points, a, shapes, -1 - b, pairs[p].direction)
    return body_gap(T, bodies, points, a, b, pairs[p].direction)


@njit(cache=True)
def distance_at(
    q: Array, p: int, screws: Array, bodies: Table, points: Array, pairs: Table, shapes: Array
) -> float:
    """Return the distance of a pair at ``q`` (n,) along its direction, m."""
    return hull_distance(p, link_poses(q, screws), bodies, points, pairs, shapes)


@njit(cache=True)
def capsule_distances(
    q: Array, screws: Array, bodies: Table, pairs: Table, shapes: Array
) -> Array:
    """Return the distances (p,) of all pairs at ``q`` (n,) with capsules for bodies, m."""
    ends = capsule_ends(link_poses(q, screws), bodies)
    out = np.empty(pairs.shape[0])
    for p in range(out.shape[0]):
        out[p] = capsule_distance(p, ends, bodies, pairs, shapes)
    return out


@njit(cache=True)
def advance(
    times: Array,
    q: Array,
    qd: Array,
    start: float,
    screws: Array,
    bodies: Table,
    points: Array,
    pairs: Table,
    shapes: Array,
    reach: Array,
    room: Array,
) -> tuple[float, int]:
    """Follow a motion until a pair may come nearer than its margin.

    Args:
        times: (m,) s.
        q: (m, n) at the knots.
        qd: (m, n), linear between them.
        start: s; what lies before it is known already.
        screws: (n, 7) the joints' axes.
        bodies: (b,) of type :data:`robot_learning.robot.bodies.BODY`.
        points: (., 3) corners of all bodies, m.
        pairs: (p,) of type ``PAIR``.
        shapes: (s, 16) as :mod:`robot_learning.robot.distance` reads them.
        reach: (p, n) how far a joint moves points of a pair at most, m per joint unit.
        room: (c,) by cause, how much more than its margin every pair keeps at least at the
            looks, m; lowered in place.

    Returns:
        The time of the end and -1, or the time of a look and the first pair in doubt there.
    """
    t, end = start, times[-1]
    travel = np.empty(q.shape[1])
    count = pairs.shape[0]
    watched, distances = np.arange(count), np.empty(count)
    while True:
        T = link_poses(sample(times, q, qd, t)[0], screws)
        ends = capsule_ends(T, bodies)
        travelled(times, qd, t, end, travel)
        still = 0
        for i in range(count):
            p = watched[i]
            margin, cause = pairs[p].margin, pairs[p].cause
            enough = margin + _moved(p, travel, pairs, reach)
            # Cheap bounds first, as long as one is needed to be sure or to tell the margin left.
            d = ball_distance(p, ends, bodies, pairs, shapes)
            if d < max(enough, margin + room[cause]):
                d = capsule_distance(p, ends, bodies, pairs, shapes)
            if d < max(enough, margin + room[cause]):
                d = max(d, hull_distance(p, T, bodies, points, pairs, shapes))
            room[cause] = min(room[cause], d - margin)
            if not d >= margin:
                return t, p
            if d < enough:
                watched[still], distances[still] = p, d
                still += 1
        count = still
        if count == 0 or t >= end:
            return end, -1
        # The next period starts at the second knot: look there too.
        step = times[1] - t if t < times[1] else end - t
        fits = False
        while not fits:
            travelled(times, qd, t, t + step, travel)
            fits = True
            for i in range(count):
                fits = fits and _moved(watched[i], travel, pairs, reach) <= distances[i]
            step *= 1.0 if fits else 0.6
        t = times[1] if t < times[1] <= t + step else min(t + step, end)


@njit(cache=True)
def _moved(p: int, travel: Array, pairs: Table, reach: Array) -> float:
    """Return how far points of a pair move against each other at most, m."""
    moved = 0.0
    for k in range(travel.shape[0]):
        moved += reach[p, k] * travel[k]
    return pairs[p].careful * moved
