"""Where an arm may be on its way: the safety filter's own distances, and some room beyond."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.robot import RobotSpec
from robot_learning.safety.clearance import Clearance, Pair
from robot_learning.safety.guards import Guards
from robot_learning.safety.singularity import Singularity

Array = NDArray[np.float64]
ROOM = 0.005  # m beyond the margins, for the stop that every motion carries behind it
FARTHER = 0.25  # more than the filter's smallest singular value
STEP = 0.1  # rad or m that a joint moves at most between two knots of a line


class Space:
    """The configurations that keep off everything, between a start and a goal.

    What the filter keeps is kept: every pair at its margin, and the smallest singular value.
    Beyond that there is some room, unless the start or the goal has less of it.

    Args:
        guards: of the filter that the motion goes through.
        start: (n,) rad or m.
        goal: (n,) rad or m.
        roomy: ask for that room.

    Attributes:
        spec: the robot.
        lower: (n,) limits of the joints, rad or m; a start outside them widens them.
        upper: (n,).
    """

    def __init__(self, guards: Guards, start: Array, goal: Array, *, roomy: bool = True) -> None:
        self.spec: RobotSpec = guards.spec
        self.lower = np.minimum(self.spec.soft_lower, start)
        self.upper = np.maximum(self.spec.soft_upper, start)
        pairs, ends = guards.clearance.pairs, (start, goal)
        if roomy:
            pairs = [_roomy(guards.arm, pair, ends) for pair in pairs]
        self._clearance = Clearance(guards.arm, pairs)
        self._singularity = Singularity(guards.arm)
        spare = min(guards.singularity.value(q) for q in ends) / self._singularity.limit - 1.0
        self._singularity.limit *= 1.0 + roomy * min(FARTHER, max(spare, 0.0) / 2)

    def is_free(self, q: Array) -> bool:
        """Say whether the arm may be at ``q`` (n,)."""
        inside = bool((q >= self.lower).all() and (q <= self.upper).all())
        if not inside or self._singularity.value(q) < self._singularity.limit:
            return False
        return not self._clearance.near(q)

    def keeps(self, motion: Trajectory) -> bool:
        """Say whether a motion keeps everything all along; only its order counts, not its time."""
        if self._clearance.conflict(motion) is not None:
            return False
        return not self._singularity.check(motion, motion.qd[0], self.spec.control_period)


def line(q: Array, goal: Array) -> Trajectory:
    """Return the straight line of the joints from ``q`` (n,) to ``goal`` (n,) at unit speed.

    Its time is the joints' distance in rad or m.
    """
    length = float(np.linalg.norm(goal - q))
    if length == 0.0:
        return Trajectory.rest(q)
    parts = max(int(np.ceil(np.abs(goal - q).max() / STEP)), 1)
    share = np.linspace(0.0, 1.0, parts + 1)
    direction = np.tile((goal - q) / length, (parts + 1, 1))
    return Trajectory(share * length, q + share[:, None] * (goal - q), direction)


def _roomy(arm: ArmBodies, pair: Pair, ends: tuple[Array, Array]) -> Pair:
    """Return a pair with some room beyond its margin, at most half of what both ends have."""
    spare = min(arm.distance(pair.body, pair.other, q) for q in ends) - pair.margin
    return replace(pair, margin=pair.margin + min(ROOM, max(spare, 0.0) / 2))
