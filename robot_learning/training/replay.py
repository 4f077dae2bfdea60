"""Hindsight replay: of a reward that depends on more than the goals, and of copies of what was."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3 import HerReplayBuffer
from stable_baselines3.common.type_aliases import DictReplayBufferSamples

from robot_learning.base.errors import ConfigError
from robot_learning.policy import KEYS
from robot_learning.training.symmetry import Symmetry, draw

KEPT = ("effort", "cost", "TimeLimit.truncated")  # of a step's info


class HindsightReplayBuffer(HerReplayBuffer):
    """Stable-Baselines3's hindsight replay, of rewards that depend on more than the goals.

    It keeps of each info what a relabelled reward needs. Stable-Baselines3 keeps whole infos or
    none, and copies them with each batch.

    Args:
        symmetric: whether copies are replayed in place of what happened
            (:mod:`robot_learning.training.symmetry`).

    Raises:
        ConfigError: naming what does not turn with the scene, where copies are wanted.
    """

    def __init__(self, *args: Any, symmetric: bool, **settings: Any) -> None:
        super().__init__(*args, **(settings | {"copy_info_dict": True}))
        self._middle: list[float] | None = None
        self._symmetry: Symmetry | None = None
        self._symmetric = symmetric
        self._learn_interface()

    def add(
        self,
        obs: Any,
        next_obs: Any,
        action: NDArray[Any],
        reward: NDArray[Any],
        done: NDArray[Any],
        infos: list[dict[str, Any]],
    ) -> None:
        """Keep a step of each environment, with what a guide did in place of the learner."""
        short = [{key: info[key] for key in KEPT if key in info} for info in infos]
        if "guide" in infos[0]:
            action = np.array([info["guide"] for info in infos])
        super().add(obs, next_obs, action, reward, done, short)

    def set_env(self, env: Any) -> None:
        """Go on with other environments, after a checkpoint."""
        super().set_env(env)
        self._learn_interface()

    def sample(  # type: ignore[override]
        self, batch_size: int, env: Any = None
    ) -> DictReplayBufferSamples:
        """Return a batch, of copies where they are wanted; rewards stay, for distances do."""
        if self._symmetry is None:
            return super().sample(batch_size, env)
        found = super().sample(batch_size)
        seen, following = (
            np.concatenate([part[key].numpy() for key in KEYS], axis=1)
            for part in (found.observations, found.next_observations)
        )
        if self._middle is None:
            self._middle = self._symmetry.middle(seen)
        turn = draw(batch_size, np.random.default_rng(np.random.randint(2**31)))
        before, after = (
            self._normalized(self._symmetry.observed(flat, turn, self._middle), env)
            for flat in (seen, following)
        )
        return found._replace(
            observations=before,
            next_observations=after,
            actions=self.to_torch(self._symmetry.acted(found.actions.numpy(), turn)),
            rewards=self.to_torch(self._normalize_reward(found.rewards.numpy(), env)),
        )

    def _normalized(self, flat: NDArray[np.float32], env: Any) -> Any:
        parts: Any = self._normalize_obs(self._interface.split(flat), env)
        return {key: self.to_torch(part) for key, part in parts.items()}

    def _learn_interface(self) -> None:
        """Find out how what is observed turns with the scene."""
        assert self.env is not None
        self._interface = self.env.get_attr("interface")[0]
        if self._symmetric:
            if lacking := Symmetry.lacking(self._interface):
                raise ConfigError(
                    f"her.symmetric: {lacking}: not known how it turns with the scene; "
                    "set her.symmetric=false"
                )
            self._symmetry = Symmetry(self._interface)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is found out again from the environments."""
        state: dict[str, Any] = super().__getstate__()
        return state | {"_interface": None, "_symmetry": None}
