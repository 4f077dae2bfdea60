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

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from robot_learning.robot.bodies import Hulls
from robot_learning.robot.chain import link_poses
from robot_learning.robot.distance import between_segments, to_shape
from robot_learning.robot.gap import body_gap, shape_gap
from robot_learning.safety.motion import sample, travelled

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


class Kept(NamedTuple):
    """Pairs that are kept apart, for compiled functions.

    Attributes:
        indices: (p, 2) a body, and another one farther from the base or ``-1 - shape``.
        shapes: (s, 16) as :mod:`robot_learning.robot.distance` reads them.
        reach: (p, n) how far a joint moves points of a pair at most, m per joint unit.
        margins: (p,) m.
        careful: (p,) factor on the travel of a pair, 1 or more.
        directions: (p, 3) from the body to the other thing, moving with the body; to a shape,
            in the base frame.
        nearest: (p,) the smallest distance seen, m; written to.
    """

    indices: Integers
    shapes: Array
    reach: Array
    margins: Array
    careful: Array
    directions: Array
    nearest: Array


@njit(cache=True)
def capsule_ends(T: Array, hulls: Hulls) -> Array:
    """Return where the ends of the capsules are, (b, 2, 3), m, for poses ``T`` (n + 1, 3, 4)."""
    count = hulls.capsules.shape[0]
    ends = np.empty((count, 2, 3))
    for c in range(count):
        link = hulls.links[c]
        for e in range(2):
            for i in range(3):
                ends[c, e, i] = T[link, i, 3]
                for j in range(3):
                    ends[c, e, i] += T[link, i, j] * hulls.capsules[c, 3 * e + j]
    return ends


@njit(cache=True)
def capsule_distance(p: int, ends: Array, hulls: Hulls, kept: Kept) -> float:
    """Return the distance of a pair with capsules for bodies, m; no more than the real one."""
    a, b = kept.indices[p, 0], kept.indices[p, 1]
    grown = hulls.capsules[a, 6]
    if b < 0:
        return to_shape(kept.shapes[-1 - b], ends[a, 0], ends[a, 1]) - grown
    d = between_segments(ends[a, 0], ends[a, 1], ends[b, 0], ends[b, 1])
    return d - grown - hulls.capsules[b, 6]


@njit(cache=True)
def hull_distance(p: int, T: Array, hulls: Hulls, kept: Kept) -> float:
    """Return the distance of a pair along its direction, m; no more than the real one."""
    a, b = kept.indices[p, 0], kept.indices[p, 1]
    T_first, radius = T[hulls.links[a]], hulls.radii[a]
    first = hulls.points[hulls.starts[a] : hulls.starts[a + 1]]
    if b < 0:
        return shape_gap(T_first, first, radius, kept.shapes[-1 - b], kept.directions[p])
    second = hulls.points[hulls.starts[b] : hulls.starts[b + 1]]
    T_second, radii = T[hulls.links[b]], radius + hulls.radii[b]
    return body_gap(T_first, T_second, first, second, radii, kept.directions[p])


@njit(cache=True)
def capsule_distances(q: Array, hulls: Hulls, kept: Kept) -> Array:
    """Return the distances (p,) of all pairs at ``q`` (n,) with capsules for bodies, m."""
    ends = capsule_ends(link_poses(q, hulls.screws), hulls)
    out = np.empty(kept.margins.shape[0])
    for p in range(out.shape[0]):
        out[p] = capsule_distance(p, ends, hulls, kept)
    return out


@njit(cache=True)
def distance_at(q: Array, p: int, hulls: Hulls, kept: Kept) -> float:
    """Return the distance of a pair at ``q`` (n,) along its direction, m."""
    return hull_distance(p, link_poses(q, hulls.screws), hulls, kept)


@njit(cache=True)
def advance(
    times: Array, q: Array, qd: Array, start: float, hulls: Hulls, kept: Kept
) -> tuple[float, int]:
    """Follow a motion until a pair may come nearer than its margin.

    Args:
        times: (m,) s.
        q: (m, n) at the knots.
        qd: (m, n), linear between them.
        start: s; what lies before it is known already.
        hulls: the arm.
        kept: the pairs.

    Returns:
        The time of the end and -1, or the time of a look and the first pair in doubt there.
    """
    t, end = start, times[-1]
    travel = np.empty(q.shape[1])
    count = kept.margins.shape[0]
    watched, distances = np.arange(count), np.empty(count)
    while True:
        T = link_poses(sample(times, q, qd, t)[0], hulls.screws)
        ends = capsule_ends(T, hulls)
        travelled(times, qd, t, end, travel)
        still = 0
        for p in watched[:count]:
            enough = kept.margins[p] + _moved(p, travel, kept)
            d = capsule_distance(p, ends, hulls, kept)
            if d < enough:
                d = max(d, hull_distance(p, T, hulls, kept))
            kept.nearest[p] = min(kept.nearest[p], d)
            if not d >= kept.margins[p]:
                return t, p
            if d < enough:
                watched[still], distances[still] = p, d
                still += 1
        count = still
        if count == 0 or t >= end:
            return end, -1
        # The next period starts at the second knot: look there too.
        step = times[1] - t if t < times[1] else end - t
        while not _fits(times, qd, t, t + step, watched[:count], distances, travel, kept):
            step *= 0.6
        t = times[1] if t < times[1] <= t + step else min(t + step, end)


@njit(cache=True)
def _moved(p: int, travel: Array, kept: Kept) -> float:
    """Return how far points of a pair move against each other at most, m."""
    moved = 0.0
    for k in range(travel.shape[0]):
        moved += kept.reach[p, k] * travel[k]
    return kept.careful[p] * moved


@njit(cache=True)
def _fits(
    times: Array,
    qd: Array,
    t0: float,
    t1: float,
    watched: Integers,
    distances: Array,
    travel: Array,
    kept: Kept,
) -> bool:
    """Say whether no pair can come together between two times."""
    travelled(times, qd, t0, t1, travel)
    for i in range(watched.shape[0]):
        if _moved(watched[i], travel, kept) > distances[i]:
            return False
    return True
