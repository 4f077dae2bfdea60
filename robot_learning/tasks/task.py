"""What all tasks share: parts of a goal, rewards by distance."""

from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.objects import ObjectSpec
from robot_learning.base.types import Start
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.sampling import Free, anywhere
from robot_learning.tasks.scoring import dense, point_distances

Array = NDArray[np.float64]
Numbers = NDArray[np.floating[Any]]
DRAWS = 1000
# Keeps a redundant arm from drifting once its tip is at the goal.
EFFORT_WEIGHT = 1.0


class Task:
    """A goal to bring about, told in parts: each has an error and a tolerance.

    Subclasses set the class attributes, and define :meth:`reset` and
    :meth:`inputs`; :meth:`errors` where the parts are not positions.

    Attributes:
        name: what the command line calls it.
        steps: policy periods in one episode.
        tolerance: m, of the first part.
        achieved: observation terms of the achieved goal.
        desired: observation terms of the desired goal, as many numbers.
        observed: observation terms of the rest.
        action_mode: the one that suits it.
        gripper: whether it needs one.
        goal_moves: whether the goal does within an episode.
        floor_friction: coefficient of the floor.
        physics_dt: longest physics step that simulates it well, s.
        objects: what is moved.
    """

    name: ClassVar[str]
    steps: int = 50
    default_tolerance: ClassVar[float] = 0.02
    achieved: ClassVar[tuple[str, ...]] = ("tip_position",)
    desired: ClassVar[tuple[str, ...]] = ("goal_position",)
    observed: ClassVar[tuple[str, ...]] = (
        "joint_position",
        "joint_velocity",
        "goal_step",
        "home_step",
    )
    action_mode: ClassVar[str] = "joint_velocity"
    gripper: ClassVar[bool] = False
    goal_moves: ClassVar[bool] = False
    floor_friction: ClassVar[float] = 1.0
    physics_dt: float = 0.02

    def __init__(
        self,
        model: ArmModel,
        reward: str = "dense",
        tolerance: float | None = None,
        free: Free = anywhere,
    ) -> None:
        """Prepare the task for an arm.

        Args:
            model: the arm.
            reward: ``sparse`` (0 at the goal, else -1) or ``dense``.
            tolerance: distance that counts as reached, m; the task's own where None is given.
            free: says whether the arm touches nothing at a configuration (n,).

        Raises:
            ConfigError: where the arm can't do the task, with what it can.
        """
        if reward not in ("sparse", "dense"):
            raise ConfigError(f"reward '{reward}': expected sparse or dense")
        self.tolerance = self.default_tolerance if tolerance is None else tolerance
        if not self.tolerance > 0:
            raise ConfigError(f"tolerance {tolerance}: expected a distance above 0 m")
        if self.gripper and model.spec.gripper is None:
            raise ConfigError(
                f"task '{self.name}': {model.spec.path} describes no gripper; "
                "give its joints under 'gripper:'"
            )
        self.model = model
        self.free = free
        self.reward_kind = reward
        self.objects: tuple[ObjectSpec, ...] = ()

    def reset(self, rng: np.random.Generator) -> Start:
        """Draw a goal and a start that has not reached it."""
        raise NotImplementedError

    def free_start(self, rng: np.random.Generator) -> Start:
        """Draw as :meth:`reset` does until the arm touches nothing at the start.

        Raises:
            ConfigError: where it always does.
        """
        for _ in range(DRAWS):
            start = self.reset(rng)
            if self.free(start.q):
                return start
        raise ConfigError(
            f"{self.model.spec.path}: none of {DRAWS} starts keeps the safety margins"
        )

    def inputs(self, time: float) -> dict[str, Array]:
        """Return the inputs a policy is given besides the objects, ``time`` s into the episode."""
        raise NotImplementedError

    @cached_property
    def tolerances(self) -> Array:
        """Tolerance of each part of the goal, (k,)."""
        return np.array([self.tolerance])

    @cached_property
    def _lengths(self) -> Array:
        """What an error of each part counts as, m per its unit, (k,)."""
        return self.tolerance / self.tolerances

    def errors(self, achieved: Numbers, desired: Numbers) -> Array:
        """Return the error (..., k) of each part of goals (..., m); here of points, m."""
        return point_distances(achieved, desired, len(self.tolerances))

    def farthest(self, errors: Array) -> Array:
        """Return the largest (...,) of errors (..., k), m.

        Parts that are no lengths count as much of the first tolerance as of their own.
        """
        return np.asarray((errors * self._lengths).max(axis=-1))

    def reached(self, errors: Array) -> NDArray[np.bool_]:
        """Say (...,) whether errors (..., k) are within the tolerances, all of them."""
        return np.asarray(self.farthest(errors) <= self.tolerance)

    def score(self, errors: Array, effort: ArrayLike) -> Array:
        """Return the reward (...,) for errors (..., k) at an effort (...,)."""
        if self.reward_kind == "sparse":
            return np.where(self.reached(errors), 0.0, -1.0)
        *rows, size = errors.shape
        near = dense(errors.reshape(-1, size), self.tolerances).reshape(rows)
        return np.asarray(near - EFFORT_WEIGHT * np.asarray(effort))

    def reward(self, achieved: ArrayLike, desired: ArrayLike, info: Any = None) -> Array:
        """Return the reward (...,) for achieved and desired goals (..., m).

        ``info`` is what the environment's step returned, or an array (...,) of such. Where it
        tells of a ``cost``, that is what the step earns, whatever its goals.

        Raises:
            ValueError: where the shapes do not fit.
        """
        errors = self.errors(np.asarray(achieved), np.asarray(desired))
        cost = _told(info, "cost")
        return np.where(cost > 0, -cost, self.score(errors, _told(info, "effort")))

    def is_success(self, achieved: ArrayLike, desired: ArrayLike) -> NDArray[np.bool_]:
        """Say (...,) whether goals (..., m) are reached in all their parts."""
        return self.reached(self.errors(np.asarray(achieved), np.asarray(desired)))


def _told(info: Any, key: str) -> Array:
    """Return a number of an info, or of each of an array of them; 0 where it is not told."""
    if info is None:
        return np.zeros(())
    if isinstance(info, dict):
        return np.asarray(info.get(key, 0.0))
    return np.array([item.get(key, 0.0) for item in info])
