"""The way to a configuration: straight where that is free, else planned, and rehearsed."""

import itertools
import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError
from robot_learning.base.extras import require
from robot_learning.base.trajectory import Trajectory
from robot_learning.planning.follow import Follower, rehearse
from robot_learning.planning.space import line
from robot_learning.planning.straight import straight
from robot_learning.safety import SafetyFilter
from robot_learning.safety.guards import Guards

Array = NDArray[np.float64]
SECONDS = 5.0  # that the search may take
SEARCHES = 1000  # seeds of one way
TRIES = 3  # ways that are rehearsed


class Way(NamedTuple):
    """A motion from rest to rest that the safety filter lets through.

    Attributes:
        kind: ``straight`` or ``planned``.
        motion: a knot a control period.
        seconds: it takes.
        around: what is in the straight way; empty where that is free.
    """

    kind: str
    motion: Trajectory
    seconds: float
    around: str = ""


def find_way(
    filter: SafetyFilter, q: Array, goal: Array, *, seed: int = 0, seconds: float = SECONDS
) -> Way:
    """Return the way from ``q`` to ``goal`` (n,), both at rest; leaves the filter reset.

    Args:
        filter: that the motion will go through.
        q: rad or m.
        goal: rad or m.
        seed: of the search; the same one finds the same way.
        seconds: that the search may take.

    Raises:
        ConfigError: where a way has to be planned and OMPL or TOPP-RA is not installed.
        SafetyError: naming what is too near at an end, or in the way.
    """
    spec, guards = filter.spec, filter.guards
    _refuse_goal(filter, goal)
    motion = straight(spec, guards, q, goal)
    blocked = "" if guards is None else guards.obstacle(line(q, goal))
    if not blocked:
        lasts, blocked = _lasts(filter, motion)
        if not blocked:
            return Way("straight", motion, lasts)
    if guards is None:
        raise SafetyError(f"the straight way is not free: {blocked}")
    if near := guards.too_near(q):
        raise SafetyError(f"no way can be planned from here: {near}")
    for number in range(TRIES):
        motion = plan(guards, q, goal, seed + number, seconds)
        lasts, held = _lasts(filter, motion)
        if not held:
            return Way("planned", motion, lasts, blocked)
    raise SafetyError(f"the filter held the arm back on each of {TRIES} ways found: {held}")


def plan(guards: Guards, q: Array, goal: Array, seed: int, seconds: float) -> Trajectory:
    """Return a motion from ``q`` to ``goal`` (n,) around what is in between.

    Args:
        guards: of the filter that the motion will go through.
        q: rad or m.
        goal: rad or m.
        seed: of the search.
        seconds: that the search may take.

    Raises:
        ConfigError: where OMPL or TOPP-RA is not installed.
        SafetyError: where none is found.
    """
    require("planning", "a way around what is in the straight one")
    from robot_learning.planning.corners import rounded
    from robot_learning.planning.search import search
    from robot_learning.planning.space import Space
    from robot_learning.planning.timing import timed

    end = time.monotonic() + seconds
    spaces = [Space(guards, q, goal, roomy=roomy) for roomy in (True, False)]
    # A search that takes long is seldom near its end; narrow ways leave no room.
    for number in itertools.count():
        left = end - time.monotonic()
        if left <= 0:
            break
        space = spaces[number % 2]
        corners = search(space, q, goal, SEARCHES * seed + number, left)
        curve = None if corners is None else rounded(space, corners)
        if curve is not None:
            return timed(guards, curve)
    why = guards.obstacle(line(q, goal)) or "too near a singular configuration"
    raise SafetyError(f"no way was found in {seconds:g} s; the straight one is not free: {why}")


def _lasts(filter: SafetyFilter, motion: Trajectory) -> tuple[float, str]:
    """Return how long a motion takes through the filter, s, and what stops it, or nothing."""
    passed = rehearse(filter, motion)
    seconds = len(passed) * filter.spec.control_period
    if Follower(motion).arrived(passed[-1]):
        return seconds, ""
    return seconds, ", ".join(cause.value for cause in passed[-1].active) or "it is too slow"


def _refuse_goal(filter: SafetyFilter, goal: Array) -> None:
    spec, guards = filter.spec, filter.guards
    outside = (goal < spec.soft_lower) | (goal > spec.soft_upper) | ~np.isfinite(goal)
    for k in np.flatnonzero(outside):
        raise SafetyError(
            f"the goal is out of reach: {spec.joints[k]} is at {goal[k]:.3f}, expected "
            f"{spec.soft_lower[k]:.3f} to {spec.soft_upper[k]:.3f}"
        )
    if guards is not None and (near := guards.too_near(goal)):
        raise SafetyError(f"the goal is not free: {near}")
    if guards is not None and guards.singularity.value(goal) < guards.singularity.limit:
        raise SafetyError("the goal is not free: the arm is too near a singular configuration")
