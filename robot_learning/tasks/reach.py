"""Reach: bring the tip to a point, ReachPose: and to an orientation, and keep it there."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.types import Start
from robot_learning.kinematics import sampling
from robot_learning.kinematics.goals import ANGLE, angle_between
from robot_learning.tasks.task import DRAWS, Numbers, Task

Array = NDArray[np.float64]


class Reach(Task):
    """The tip goes to a random reachable point of the workspace box.

    Goals and starts are tips of random configurations in which the arm touches nothing, so that
    every goal can be reached.
    """

    name = "reach"
    spread = sampling.SPREAD

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.goal = self._draw(np.random.default_rng(0))[1][:3, 3]

    def reset(self, rng: np.random.Generator) -> Start:
        """Draw a goal and a start whose tip is twice the tolerance from it or more."""
        self._set_goal(self._draw(rng)[1])
        for _ in range(DRAWS):
            q, T = self._draw(rng)
            if np.linalg.norm(T[:3, 3] - self.goal) > 2 * self.tolerance:
                return Start(q)
        raise ConfigError(f"{self.model.spec.path}: workspace: too small for this tolerance")

    def inputs(self, time: float) -> dict[str, Array]:
        """Return ``goal`` (3,), base frame, m."""
        return {"goal": self.goal}

    def _draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        q, _ = sampling.in_workspace(self.model, rng, self.spread, self.free)
        return q, self.model.forward(q)

    def _set_goal(self, T_base_goal: Array) -> None:
        self.goal = T_base_goal[:3, 3]


class ReachPose(Reach):
    """The tip goes to a random reachable pose, position and orientation.

    The second part of its goal is the orientation: the angle between two rotations, rad.
    """

    name = "reach_pose"
    # A pose on the other side of a joint's range takes more than a straight way.
    spread = 0.25
    steps = 75
    achieved = ("tip_position", "tip_rotation")
    desired = ("goal_position", "goal_rotation")
    observed = ("joint_position", "joint_velocity", "pose_step")

    def inputs(self, time: float) -> dict[str, Array]:
        """Return ``goal`` (3,), m, and ``goal_rotation`` (3, 3), base frame."""
        return {"goal": self.goal, "goal_rotation": self._rotation}

    @cached_property
    def tolerances(self) -> Array:
        """Of the position, m, and of the orientation, rad."""
        return np.array([self.tolerance, ANGLE])

    def errors(self, achieved: Numbers, desired: Numbers) -> Array:
        """Return distance, m, and angle, rad, (..., 2) of poses (..., 9)."""
        distance = np.linalg.norm(achieved[..., :3] - desired[..., :3], axis=-1)
        angle = angle_between(achieved[..., 3:], desired[..., 3:])
        return np.stack([distance, angle], axis=-1)

    def _set_goal(self, T_base_goal: Array) -> None:
        super()._set_goal(T_base_goal)
        self._rotation = T_base_goal[:3, :3]
