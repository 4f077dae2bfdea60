"""Reach: bring the tip to a point and keep it there."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.errors import ConfigError
from robot_learning.robot import ArmModel

Array = NDArray[np.float64]
# Share of each joint's range around home that starts and goals are drawn from.
SPREAD = 0.5
DRAWS = 5000


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

    def __init__(self, model: ArmModel, reward: str = "dense", tolerance: float = 0.02) -> None:
        if reward not in ("sparse", "dense"):
            raise ConfigError(f"reward '{reward}': expected sparse or dense")
        if not tolerance > 0:
            raise ConfigError(f"tolerance {tolerance}: expected a distance above 0 m")
        self.model = model
        self.reward_kind = reward
        self.tolerance = tolerance
        self.goal = np.zeros(3)

    def reset(self, rng: np.random.Generator) -> Array:
        """Draw a goal and return the configuration (n,) to start from, not solved already."""
        _, self.goal = self._draw(rng)
        for _ in range(DRAWS):
            q, tip = self._draw(rng)
            if np.linalg.norm(tip - self.goal) > 2 * self.tolerance:
                return q
        raise ConfigError(f"{self.model.spec.path}: workspace: too small for this tolerance")

    def inputs(self) -> dict[str, Array]:
        """Return the inputs a policy is given: ``goal`` (3,), base frame, m."""
        return {"goal": self.goal}

    def reward(self, achieved: Array, desired: Array, info: Any = None) -> Array:
        """Return the reward (...,) for tips and goals (..., 3), m."""
        distance = np.linalg.norm(np.asarray(achieved) - np.asarray(desired), axis=-1)
        if self.reward_kind == "sparse":
            return -(distance > self.tolerance).astype(np.float32)
        # The second term keeps a slope for the last centimetre, where distance alone flattens.
        close = np.exp(-((distance / self.tolerance) ** 2))
        return (0.5 * close - distance).astype(np.float32)

    def is_success(self, achieved: Array, desired: Array) -> NDArray[np.bool_]:
        """Say (...,) whether tips (..., 3) are at their goals (..., 3)."""
        distance = np.linalg.norm(np.asarray(achieved) - np.asarray(desired), axis=-1)
        return np.asarray(distance <= self.tolerance)

    def _draw(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return a random configuration (n,) with its tip (3,) in the workspace box."""
        spec = self.model.spec
        half = SPREAD * (spec.upper - spec.lower) / 2
        lower = np.clip(spec.home - half, spec.lower, spec.upper)
        upper = np.clip(spec.home + half, spec.lower, spec.upper)
        for _ in range(DRAWS):
            q = rng.uniform(lower, upper)
            tip = self.model.forward(q)[:3, 3]
            if ((tip >= spec.workspace_lower) & (tip <= spec.workspace_upper)).all():
                return q, tip
        raise ConfigError(
            f"{spec.path}: workspace: none of {DRAWS} configurations around home has its tip "
            f"inside; at home it is at {np.round(self.model.forward(spec.home)[:3, 3], 3)} m"
        )
