"""TrackTrajectory: follow a target that moves."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.tasks.reach import Reach
from robot_learning.tasks.task import Seen, Start, Waypoint

Array = NDArray[np.float64]
SWING = (0.1, 0.25)  # from end to end, as a share of the workspace box's edges
PERIODS = (3.0, 6.0)  # s


class TrackTrajectory(Reach):
    """The tip follows a smooth closed curve, a Lissajous figure, through the workspace box.

    The target starts at the tip, slowly.
    """

    name = "track_trajectory"
    goal_moves = True
    steps = 150
    default_tolerance = 0.01
    observed = ("joint_position", "joint_velocity", "goal_step", "home_step", "goal_velocity")

    def reset(self, rng: np.random.Generator) -> Start:
        """Draw a curve and a start on it."""
        q, T = self._draw(rng)
        spec, tip = self.model.spec, T[:3, 3]
        size = spec.workspace_upper - spec.workspace_lower
        # From the tip it swings toward the middle of the box.
        middle = (spec.workspace_upper + spec.workspace_lower) / 2
        self._swing = rng.uniform(*SWING, 3) * size * np.sign(middle - tip)
        self._begin = tip
        self._rate = 2 * np.pi / rng.uniform(*PERIODS, 3)
        self.goal = tip
        return Start(q)

    def inputs(self, time: float) -> dict[str, Array]:
        """Return ``goal`` (3,), base frame, m, where it is ``time`` s into the episode."""
        self.goal = self._begin + self._swing * (1 - np.cos(self._rate * time)) / 2
        return {"goal": self.goal}

    def waypoint(self, seen: Seen) -> Waypoint:
        """Go to the target at its own velocity."""
        return Waypoint(seen.inputs["goal"], velocity=seen.velocities["goal"])
