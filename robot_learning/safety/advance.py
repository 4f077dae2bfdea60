"""Compiled proof that a whole motion keeps its distances: conservative advancement.

From a configuration where a pair is d apart, no motion brings it together before one of its
points has travelled d. Joint k moves no point of the pair by more than ``reach[k]`` metres a
radian (1 for a prismatic joint), so the motion may be followed for as long as

    sum over the joints of reach[k] * travel[k] <= d

and looked at again there. With d >= margin at every look, the pair is at least margin / 2 apart
everywhere between: (d + margin - d) / 2. Pairs that start nearer than their margin are looked at
five times as often. Mirtich 1996, "Impulse-based dynamic simulation",
section 2.3.2; Schwarzer, Saha, Latombe 2005, "Adaptive dynamic collision checking".
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from robot_learning.robot.chain import link_poses
from robot_learning.robot.distance import between_segments, to_shape
from robot_learning.safety.motion import sample, travelled

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True)
def capsule_distances(
    q: Array, screws: Array, capsules: Array, links: Integers, pairs: Integers, shapes: Array
) -> Array:
    """Return the distances (p,) of all pairs, m.

    Args:
        q: (n,) rad or m.
        screws: (n, 7).
        capsules: (c, 7) start, end and radius with all joints at 0, m.
        links: (c,) link of each capsule.
        pairs: (p, 2) a capsule, and another one or ``-1 - shape``.
        shapes: (s, 16).
    """
    T = link_poses(q, screws)
    count = capsules.shape[0]
    ends = np.empty((count, 2, 3))
    for c in range(count):
        link = links[c]
        for e in range(2):
            for i in range(3):
                ends[c, e, i] = T[link, i, 3]
                for j in range(3):
                    ends[c, e, i] += T[link, i, j] * capsules[c, 3 * e + j]
    out = np.empty(pairs.shape[0])
    for p in range(pairs.shape[0]):
        a, b = pairs[p, 0], pairs[p, 1]
        if b >= 0:
            d = between_segments(ends[a, 0], ends[a, 1], ends[b, 0], ends[b, 1])
            out[p] = d - capsules[a, 6] - capsules[b, 6]
        else:
            out[p] = to_shape(shapes[-1 - b], ends[a, 0], ends[a, 1]) - capsules[a, 6]
    return out


@njit(cache=True)
def advance(
    times: Array,
    q: Array,
    qd: Array,
    start: float,
    screws: Array,
    capsules: Array,
    links: Integers,
    pairs: Integers,
    shapes: Array,
    reach: Array,
    margins: Array,
    careful: Array,
    known_q: Array,
    known_distance: Array,
    nearest: Array,
) -> tuple[float, int]:
    """Follow a motion until a pair may come nearer than its margin.

    Args:
        times: (m,) s.
        q: (m, n) at the knots.
        qd: (m, n), linear between them.
        start: s; what lies before it is known already.
        screws: (n, 7).
        capsules: (c, 7).
        links: (c,).
        pairs: (p, 2).
        shapes: (s, 16).
        reach: (p, n) how far a joint moves points of a pair at most, m per joint unit.
        margins: (p,) m.
        careful: (p,) factor on the travel of a pair, 1 or more.
        known_q: (p, n) where the distance of a pair was measured better than by capsules.
        known_distance: (p,) m.
        nearest: (p,) lowered in place to the smallest distance seen, m.

    Returns:
        The time of the end and -1, or the time of a look and the first pair in doubt there.
    """
    end = times[-1]
    travel = np.empty(q.shape[1])
    t = start
    while True:
        here = sample(times, q, qd, t)[0]
        distances = capsule_distances(here, screws, capsules, links, pairs, shapes)
        for p in range(pairs.shape[0]):
            if distances[p] < margins[p]:
                bound = known_distance[p]
                for k in range(here.shape[0]):
                    bound -= reach[p, k] * abs(here[k] - known_q[p, k])
                distances[p] = max(distances[p], bound)
            nearest[p] = min(nearest[p], distances[p])
            if not distances[p] >= margins[p]:
                return t, p
        if t >= end:
            return end, -1
        # The next period starts at the second knot: look there too.
        step = times[1] - t if t < times[1] else end - t
        while True:
            travelled(times, qd, t, t + step, travel)
            fits = True
            for p in range(pairs.shape[0]):
                moved = 0.0
                for k in range(travel.shape[0]):
                    moved += reach[p, k] * travel[k]
                if careful[p] * moved > distances[p]:
                    fits = False
                    break
            if fits:
                break
            step *= 0.6
        t = times[1] if t < times[1] <= t + step else min(t + step, end)
