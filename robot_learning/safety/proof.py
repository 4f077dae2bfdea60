"""Compiled proof that a motion keeps all that is asked of the arm as a whole."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.kinematics.chain import pose_links_along
from robot_learning.safety.advance import advance
from robot_learning.safety.singularity import smallest_value
from robot_learning.safety.tip_speed import fastest_tip

Array = NDArray[np.float64]
Table = NDArray[np.void]
# When a pair is in doubt, s, and that pair or -1; whether all is kept for certain; the highest
# speed of the tip, m/s; the smallest singular value, m per joint unit.
Examined = tuple[float, int, bool, float, float]


@compiled
def examine(
    times: Array,
    q: Array,
    qd: Array,
    screws: Array,
    bodies: Table,
    points: Array,
    pairs: Table,
    shapes: Array,
    reach: Array,
    room: Array,
    step: float,
    speed_limit: float,
    lever: Array,
    singular_limit: float,
    rates: Array,
    tip: Array,
) -> Examined:
    """Look at a motion by :func:`advance`, :func:`fastest_tip` and :func:`smallest_value`."""
    room[:] = np.inf
    tables = screws, bodies, points, pairs, shapes, reach, room
    poses = pose_links_along(q, screws)
    t, pair = advance(times, q, qd, poses, 0, *tables)
    if pair >= 0:
        return t, pair, False, np.inf, np.inf
    fast, speed = fastest_tip(times, q, qd, poses, step, screws, tip, lever, speed_limit)
    if fast >= 0.0:
        return t, pair, False, speed, np.inf
    near, smallest, _ = smallest_value(times, q, qd, poses, rates, screws, tip, singular_limit)
    return t, pair, near < 0.0, speed, smallest
