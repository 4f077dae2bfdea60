"""Reach: bring the tip to a point and keep it there."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.errors import ConfigError
from robot_learning.robot import ArmModel, sampling

Array = NDArray[np.float64]
DRAWS = 1000
# Keeps a redundant arm from drifting once its tip is at the goal.
EFFORT_WEIGHT = 1.0


class Reach:
    """The tip goes to a random reachable point of the workspace box.

    Goals and starts are tips of random configurations, so that every goal can be reached.

    Args:
        model: the arm.
        reward: ``sparse`` (0 at the goal, else -1) or ``dense``.
        tolerance: distance that counts as reached, m.

    Raises:
        ConfigError: where the arm can't bring its tip into the workspace box.
    """

    name = "reach"

    def __init__(self, model: ArmModel, reward: str = "dense", tolerance: float = 0.02) -> None:
        if reward not in ("sparse", "dense"):
            raise ConfigError(f"reward '{reward}': expected sparse or dense")
        if not tolerance > 0:
            raise ConfigError(f"tolerance {tolerance}: expected a distance above 0 m")
        self.model = model
        self.reward_kind = reward
        self.tolerance = tolerance
        _, self.goal = sampling.in_workspace(model, np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> Array:
        """Draw a goal and return the configuration (n,) to start from, not solved already."""
        _, self.goal = sampling.in_workspace(self.model, rng)
        for _ in range(DRAWS):
            q, tip = sampling.in_workspace(self.model, rng)
            if np.linalg.norm(tip - self.goal) > 2 * self.tolerance:
                return q
        raise ConfigError(f"{self.model.spec.path}: workspace: too small for this tolerance")

    def inputs(self) -> dict[str, Array]:
        """Return the inputs a policy is given: ``goal`` (3,), base frame, m."""
        return {"goal": self.goal}

    def reward(self, achieved: ArrayLike, desired: ArrayLike, info: Any = None) -> Array:
        """Return the reward (...,) for tips and goals (..., 3), m.

        ``info`` is what the environment's step returned, or an array (...,) of such.
        """
        distance = np.linalg.norm(np.asarray(achieved) - np.asarray(desired), axis=-1)
        if self.reward_kind == "sparse":
            return np.where(distance > self.tolerance, -1.0, 0.0)
        # Distance alone is nearly flat in the last centimetre.
        close = np.exp(-((distance / self.tolerance) ** 2))
        return np.asarray(0.5 * close - distance - EFFORT_WEIGHT * _effort(info))

    def is_success(self, achieved: ArrayLike, desired: ArrayLike) -> NDArray[np.bool_]:
        """Say (...,) whether tips (..., 3) are at their goals (..., 3)."""
        distance = np.linalg.norm(np.asarray(achieved) - np.asarray(desired), axis=-1)
        return np.asarray(distance <= self.tolerance)


def _effort(info: Any) -> Array:
    if info is None:
        return np.zeros(())
    if isinstance(info, dict):
        return np.asarray(info.get("effort", 0.0))
    return np.array([item.get("effort", 0.0) for item in info])
