"""Compiled proof that a whole motion keeps its distances.

At every knot each pair is at least its margin apart, and between knots at least ``SHARE`` of it:

- Joint k moves no point of a pair by more than ``reach[k]`` metres a radian (1 for a prismatic
  joint), so a pair that is d apart keeps d less the sum of reach[k] * travel[k]. One that keeps
  its margin so whatever the rest of the motion does is not looked at again. Schwarzer, Saha,
  Latombe 2005, "Adaptive dynamic collision checking".
- Along a direction that moves with the first of the pair, a point of the second has at most the
  acceleration A = sum of reach[k] * (|qdd[k]| + |qd[k]|² + 2 |qd[k]| * sum of |qd[j]|, j < k), so
  between two times h apart it comes at most A h² / 8 nearer than at the nearer of them. Where
  that is too much, h is halved.
"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.geometry.distance import between_segments, from_middle, to_shape
from robot_learning.geometry.gap import body_gap, shape_gap
from robot_learning.kinematics.chain import link_poses
from robot_learning.safety.motion import SNAP, fastest_turn, sample, travelled

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Table = NDArray[np.void]
WAYS = 4  # directions that are kept of a pair
# A pair for compiled functions: a body, and another one farther from the base or -1 - shape; the
# number of its cause; its margin, m; the last directions found from the body to the other
# thing, moving with the body, or in the base frame where that is a shape.
PAIR = np.dtype(
    [
        ("body", np.int64),
        ("other", np.int64),
        ("cause", np.int64),
        ("margin", np.float64),
        ("directions", np.float64, (WAYS, 3)),
    ]
)
SHARE = 0.9  # of the margin that is kept between knots
FINEST = 16  # parts of the time between two knots


@compiled
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


@compiled
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


@compiled
def capsule_distance(p: int, ends: Array, bodies: Table, pairs: Table, shapes: Array) -> float:
    """Return the distance of a pair with capsules for bodies, m; no more than the real one."""
    a, b = pairs[p].body, pairs[p].other
    if b < 0:
        return to_shape(shapes, -1 - b, ends, a) - bodies[a].capsule[6]
    d = between_segments(ends, a, ends, b)
    return d - bodies[a].capsule[6] - bodies[b].capsule[6]


@compiled
def hull_distance(
    p: int, way: int, T: Array, bodies: Table, points: Array, pairs: Table, shapes: Array
) -> float:
    """Return the distance of a pair along one of its directions, m; no more than the real one."""
    a, b = pairs[p].body, pairs[p].other
    if b < 0:
        return shape_gap(T, bodies, points, a, shapes, -1 - b, pairs[p].directions[way])
    return body_gap(T, bodies, points, a, b, pairs[p].directions[way])


@compiled
def distance(
    p: int,
    wanted: float,
    T: Array,
    ends: Array,
    bodies: Table,
    points: Array,
    pairs: Table,
    shapes: Array,
) -> float:
    """Return the distance of a pair by the cheapest bodies that give ``wanted``, m, or by hulls.

    Of the hulls' directions, the first that gives the margin is enough.
    """
    d = ball_distance(p, ends, bodies, pairs, shapes)
    if d < wanted:
        d = capsule_distance(p, ends, bodies, pairs, shapes)
    if d < wanted:
        d = max(d, farthest(p, pairs[p].margin, T, bodies, points, pairs, shapes))
    return d


@compiled
def distance_at(
    q: Array, p: int, screws: Array, bodies: Table, points: Array, pairs: Table, shapes: Array
) -> float:
    """Return the distance of a pair at ``q`` (n,) along the best of its directions, m."""
    return farthest(p, np.inf, link_poses(q, screws), bodies, points, pairs, shapes)


@compiled
def farthest(
    p: int, enough: float, T: Array, bodies: Table, points: Array, pairs: Table, shapes: Array
) -> float:
    """Return the distance of a pair along the best of its directions, m.

    Or along the first that gives ``enough``, m.
    """
    d = -np.inf
    for way in range(WAYS):
        d = max(d, hull_distance(p, way, T, bodies, points, pairs, shapes))
        if d >= enough:
            break
    return d


@compiled
def capsule_distances(
    q: Array, screws: Array, bodies: Table, pairs: Table, shapes: Array
) -> Array:
    """Return the distances (p,) of all pairs at ``q`` (n,) with capsules for bodies, m."""
    ends = capsule_ends(link_poses(q, screws), bodies)
    out = np.empty(pairs.shape[0])
    for p in range(out.shape[0]):
        out[p] = capsule_distance(p, ends, bodies, pairs, shapes)
    return out


@compiled
def advance(
    times: Array,
    q: Array,
    qd: Array,
    poses: Array,
    first: int,
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
        poses: (m, n + 1, 3, 4) of the links at the knots.
        first: knot to begin at; what lies before it is known already.
        screws: (n, 7) the joints' axes.
        bodies: (b,) of type :data:`robot_learning.geometry.bodies.BODY`.
        points: (., 3) corners of all bodies, m.
        pairs: (p,) of type ``PAIR``.
        shapes: (s, 16) as :mod:`robot_learning.geometry.distance` reads them.
        reach: (p, n) how far a joint moves points of a pair at most, m per joint unit.
        room: (c,) by cause, how much more than its margin every pair keeps at least at the
            first knot, m; lowered in place.

    Returns:
        The end and -1, or the time at which a pair is in doubt, s, and that pair.
    """
    travel, rest = np.zeros(q.shape[1]), np.empty(q.shape[1])
    count = pairs.shape[0]
    watched, before = np.arange(count), np.full(count, np.inf)
    for knot in range(first, times.shape[0]):
        T = poses[knot]
        ends = capsule_ends(T, bodies)
        travelled(times, qd, times[knot], times[-1], rest)
        if knot > first:
            travelled(times, qd, times[knot - 1], times[knot], travel)
        still = 0
        for i in range(count):
            p = watched[i]
            margin, cause = pairs[p].margin, pairs[p].cause
            enough = margin + _moved(p, rest, reach)
            # To be sure of the rest of the motion, and at its start to tell the room.
            wanted = enough if knot > 0 else max(enough, margin + room[cause])
            d = distance(p, wanted, T, ends, bodies, points, pairs, shapes)
            if not d >= margin:
                return times[knot], p
            if knot == 0:
                room[cause] = min(room[cause], d - margin)
            if (before[i] + d - _moved(p, travel, reach)) / 2 < SHARE * margin:
                turn = fastest_turn(qd, knot, times[knot] - times[knot - 1], reach[p])
                t = _doubt(
                    p, turn, times, q, qd, poses, knot, screws, bodies, points, pairs, shapes
                )
                if t >= 0:
                    return t, p
            if d < enough:
                watched[still], before[still] = p, d
                still += 1
        count = still
        if count == 0:
            break
    return times[-1], -1


@compiled
def _doubt(
    p: int,
    turn: float,
    times: Array,
    q: Array,
    qd: Array,
    poses: Array,
    knot: int,
    screws: Array,
    bodies: Table,
    points: Array,
    pairs: Table,
    shapes: Array,
) -> float:
    """Return when a pair may be too near in the time before a knot, s; -1 where it is not.

    ``turn`` is the largest acceleration of its points against each other, m/s².
    """
    enough, t, end = SHARE * pairs[p].margin, times[knot - 1], times[knot]
    step = end - t
    finest = step / FINEST
    T_before = poses[knot - 1]
    while t < end:
        after = end if t + step > end - SNAP else t + step
        T = poses[knot]
        if after < end:
            T = link_poses(sample(times, q, qd, after)[0], screws)
        dip, apart = turn * step * step / 8, -np.inf
        for way in range(WAYS):
            apart = hull_distance(p, way, T_before, bodies, points, pairs, shapes) - dip
            if apart >= enough:
                apart = hull_distance(p, way, T, bodies, points, pairs, shapes) - dip
            if apart >= enough:
                break
        if apart >= enough:
            t, T_before, step = after, T, min(2 * step, end - after)
        elif step > finest:
            step /= 2
        else:
            return after
    return -1.0


@compiled
def nearest_knot(
    q: Array, p: int, screws: Array, bodies: Table, points: Array, pairs: Table, shapes: Array
) -> int:
    """Return the knot of a motion ``q`` (m, n) after the first at which a pair is nearest."""
    nearest, least = 0, np.inf
    for i in range(1, q.shape[0]):
        distance = distance_at(q[i], p, screws, bodies, points, pairs, shapes)
        if distance < least:
            nearest, least = i, distance
    return nearest


@compiled
def _moved(p: int, travel: Array, reach: Array) -> float:
    """Return how far points of a pair move against each other at most, m."""
    moved = 0.0
    for k in range(travel.shape[0]):
        moved += reach[p, k] * travel[k]
    return moved
