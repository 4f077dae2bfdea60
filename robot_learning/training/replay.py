"""Hindsight replay of a reward that depends on more than the goals."""

from typing import Any

from numpy.typing import NDArray
from stable_baselines3 import HerReplayBuffer

KEPT = ("effort", "TimeLimit.truncated")


class EffortReplayBuffer(HerReplayBuffer):
    """Keeps each step's effort, so that a relabelled reward is what a step would have earned.

    Stable-Baselines3 keeps whole infos or none; it copies them with each batch.
    """

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **{**settings, "copy_info_dict": True})

    def add(
        self,
        obs: Any,
        next_obs: Any,
        action: NDArray[Any],
        reward: NDArray[Any],
        done: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        """Keep a step of each environment."""
        short = [{key: info[key] for key in KEPT if key in info} for info in infos]
        super().add(obs, next_obs, action, reward, done, short)
