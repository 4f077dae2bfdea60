"""A motion followed through the safety filter, a control period at a time."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety import SafetyFilter, SafetyResult

Array = NDArray[np.float64]
NEAR = 0.03  # rad or m off the motion up to which it goes on
ARRIVED = 1e-5  # rad or m; nearer than this the arm is there
SPARE = 2.0  # s more than a motion lasts that following it may take


class Follower:
    """Leads an arm along a motion, which waits where the arm is held back.

    Args:
        motion: that begins where the arm is, at rest.
        opening: of the gripper wanted, in [0, 1]; None leaves it as it is.
    """

    def __init__(self, motion: Trajectory, opening: float | None = None) -> None:
        self.motion, self.opening = motion, opening
        self._t = 0.0

    def command(self, filter: SafetyFilter, now: float) -> JointCommand:
        """Return the command for the period that starts at ``now``, s on the filter's clock."""
        q, dt, end = filter.reference(now)[0], filter.spec.control_period, self.motion.duration
        # A period that began late has gone on into its stop, and so ahead of the motion.
        while self._t < end and self._off(q, self._t + dt) < self._off(q, self._t):
            self._t = min(self._t + dt, end)
        if self._off(q, self._t) < NEAR:
            self._t = min(self._t + dt, end)
        wanted, speed = self.motion.sample(self._t)
        return JointCommand(speed, wanted, self.opening)

    def _off(self, q: Array, t: float) -> float:
        return float(np.abs(q - self.motion.sample(t)[0]).max())

    def arrived(self, result: SafetyResult) -> bool:
        """Say whether what the filter let through comes to rest at the end of the motion."""
        off = np.abs(result.stop.q[-1] - self.motion.q[-1]).max()
        opened = self.opening is None or result.opening in (None, self.opening)
        return bool(off < ARRIVED and opened)


def rehearse(filter: SafetyFilter, motion: Trajectory) -> list[SafetyResult]:
    """Return what the filter lets through of a motion, followed by an arm that is never off.

    It ends where the arm arrives, or where the filter has held it back for too long.

    Raises:
        SafetyError: where the arm touches something at its start.
    """
    dt, follower = filter.spec.control_period, Follower(motion)
    filter.reset(motion.q[0], 0.0)
    found: list[SafetyResult] = []
    while not (found and follower.arrived(found[-1])) and len(found) * dt < most(motion):
        now = len(found) * dt
        state = ArmState(*filter.reference(now), now)
        found.append(filter.apply(follower.command(filter, now), state, dt, now))
    return found


def most(motion: Trajectory) -> float:
    """Return how long following a motion may take, s."""
    return 1.5 * motion.duration + SPARE
