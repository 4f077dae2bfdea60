"""The way out of contact: every distance that is too small grows all along it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.planning.space import line
from robot_learning.planning.straight import straight
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cut, SafetyFilter
from robot_learning.safety.clearance import Pair
from robot_learning.safety.guards import Guards
from robot_learning.safety.qp import closest

Array = NDArray[np.float64]
STEP = 0.002  # m that a distance grows by in a step
TURN = 0.05  # rad or m that a joint moves by at most in a step
STEPS = 500
BEYOND = 0.001  # m beyond the margins where the way ends
SLACK = 1e-5  # m; distances of bodies that overlap are not measured better
LOOKS = 50  # at a line


class Leaving:
    """Lets pairs that touch come apart, and never nearer: a constraint of the safety filter.

    Args:
        arm: the bodies.
        pairs: that touch.
    """

    def __init__(self, arm: ArmBodies, pairs: Sequence[Pair]) -> None:
        self._arm, self._pairs = arm, pairs

    def check(self, motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
        """See :class:`~robot_learning.safety.check.Check`."""
        for pair in self._pairs:
            distances = _distances(self._arm, pair, motion.q)
            if not distances.min() > distances[0] - SLACK:
                gradient = self._arm.approach(pair.body, pair.other, motion.q[0]).gradient
                return [Cut(gradient, 0.0, pair.cause)]
        return ()

    def margins(self) -> dict[str, float]:
        """See :class:`~robot_learning.safety.check.Check`."""
        return {}


def leaving_filter(spec: RobotSpec, q: Array) -> SafetyFilter:
    """Return a filter at reduced speed that lets the arm at ``q`` (n,) leave what it touches."""
    pairs = Guards(spec).release(q)
    filter = SafetyFilter(spec, reduced_speed=True, checks=[lambda arm: Leaving(arm, pairs)])
    assert filter.guards is not None
    filter.guards.release(q)
    return filter


def way_out(spec: RobotSpec, guards: Guards, q: Array) -> list[Trajectory]:
    """Return straight motions, one after the other, from ``q`` (n,) to where the arm is free.

    Each step is the shortest by which all distances that are smaller than their margins grow,
    and the others stay above theirs.

    Args:
        spec: the robot.
        guards: that keep all its distances.
        q: where it touches something, or is too near, rad or m.

    Raises:
        SafetyError: where there is no such way.
    """
    walked, why = [q], guards.too_near(q)
    while guards.too_near(walked[-1]):
        step = _step(spec, guards, walked[-1])
        if step is None or len(walked) > STEPS:
            raise SafetyError(f"no way leads out: {why}; move the arm by hand")
        walked.append(walked[-1] + step)
    legs, at = [], 0
    while at < len(walked) - 1:
        # The farthest that a straight line reaches.
        to = len(walked) - 1
        while to > at + 1 and not _leads_out(guards, walked[at], walked[to]):
            to = at + (to - at) // 2
        legs.append(straight(spec, guards, walked[at], walked[to]))
        at = to
    return legs


def _step(spec: RobotSpec, guards: Guards, q: Array) -> Array | None:
    """Return the next step (n,), or None where there is none."""
    cuts = []
    for pair in guards.clearance.pairs:
        near = guards.arm.approach(pair.body, pair.other, q)
        missing = pair.margin + BEYOND - near.distance
        if missing > -TURN:
            cuts.append(Cut(near.gradient, min(missing, STEP), pair.cause))
    lower = np.maximum(-TURN, np.minimum(spec.soft_lower - q, 0.0))
    upper = np.minimum(TURN, np.maximum(spec.soft_upper - q, 0.0))
    step = closest(np.zeros(spec.n), lower, upper, cuts)
    return None if step is None or not _leads_out(guards, q, q + step) else step


def _leads_out(guards: Guards, q: Array, end: Array) -> bool:
    """Say whether all that is too near at ``q`` (n,) comes apart toward ``end`` (n,)."""
    near = [pair for pair, _ in guards.clearance.near(q)]
    looks = q + np.linspace(0.0, 1.0, LOOKS)[:, None] * (end - q)
    if not all((np.diff(_distances(guards.arm, pair, looks)) > -SLACK).all() for pair in near):
        return False
    rest, moves = [pair for pair in guards.clearance.pairs if pair not in near], line(q, end).q
    return all((_distances(guards.arm, pair, moves) >= pair.margin).all() for pair in rest)


def _distances(arm: ArmBodies, pair: Pair, looks: Array) -> Array:
    """Return how near a pair is at each of ``looks`` (m, n), (m,), m."""
    return np.array([arm.distance(pair.body, pair.other, q) for q in looks])
