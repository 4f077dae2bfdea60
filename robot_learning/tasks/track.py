"""TrackTrajectory: follow a target that moves."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.types import Start
from robot_learning.kinematics import inverse
from robot_learning.tasks.reach import Reach
from robot_learning.tasks.task import DRAWS

Array = NDArray[np.float64]
SWING = (0.1, 0.25)  # from end to end, as a share of the workspace box's edges
PERIODS = (3.0, 6.0)  # s
LOOKS = 5  # points of the curve at which the arm has to be free


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
        """Draw a curve and a start on it, such that the arm can follow and touches nothing."""
        for _ in range(DRAWS):
            q, T = self._draw(rng)
            self._draw_curve(T[:3, 3], rng)
            if self._can_follow(q):
                return Start(q)
        raise ConfigError(
            f"{self.model.spec.path}: workspace: on each of {DRAWS} curves from its tip toward "
            "the middle the arm touches itself or what is around it"
        )

    def _draw_curve(self, tip: Array, rng: np.random.Generator) -> None:
        spec = self.model.spec
        size = spec.workspace_upper - spec.workspace_lower
        # From the tip it swings toward the middle of the box.
        middle = (spec.workspace_upper + spec.workspace_lower) / 2
        self._swing = rng.uniform(*SWING, 3) * size * np.sign(middle - tip)
        self._begin = tip
        self._rate = 2 * np.pi / rng.uniform(*PERIODS, 3)
        self.goal = tip

    def _can_follow(self, q: Array) -> bool:
        """Say whether the arm is free at points of the curve, each reached from the one before."""
        for time in np.linspace(0.0, PERIODS[1], LOOKS):
            found = inverse.solve(self.model, self._target(time), q, attempts=1)
            if not (found.converged and self.free(found.q)):
                return False
            q = found.q
        return True

    def _target(self, time: float) -> Array:
        return np.asarray(self._begin + self._swing * (1 - np.cos(self._rate * time)) / 2)

    def inputs(self, time: float) -> dict[str, Array]:
        """Return ``goal`` (3,), base frame, m, where it is ``time`` s into the episode."""
        self.goal = self._target(time)
        return {"goal": self.goal}
