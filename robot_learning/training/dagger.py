"""Learning from a script at hand: in every state that comes up, what would it do?

DAgger (Ross, Gordon, Bagnell 2011, "A reduction of imitation learning to no-regret online
learning"): the learner acts, the script says what it would have done there, the learner is fitted
to that. In a share of the episodes the script acts itself, with noise, so that the learner also
sees how an episode goes on that goes well.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictReplayBuffer
from stable_baselines3.common.vec_env import VecNormalize
from torch import Tensor

from robot_learning.training.imitation import Imitator

SHARE = 0.3  # of the episodes in which the script acts


class GuideBuffer(DictReplayBuffer):
    """A replay buffer whose actions are the script's."""

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
        guides = np.array([info["guide"] for info in infos])
        super().add(obs, next_obs, guides, reward, done, infos)

    def pairs(self, count: int, env: VecNormalize | None) -> tuple[dict[str, Tensor], Tensor]:
        """Return ``count`` observations, normalised, and the script's actions for them."""
        at = np.random.randint(self.size(), size=count), np.random.randint(self.n_envs, size=count)
        seen: Any = {key: kept[at] for key, kept in self.observations.items()}
        seen = self._normalize_obs(seen, env)
        return {k: self.to_torch(v) for k, v in seen.items()}, self.to_torch(self.actions[at])


class Dagger(Imitator):
    """Learns what the script would do in the states that come up.

    Args:
        share: of the episodes in which the script acts; a vector environment reads it.
    """

    def __init__(self, *args: Any, share: float = SHARE, **settings: Any) -> None:
        self.share = share
        super().__init__(*args, **{"replay_buffer_class": GuideBuffer, **settings})

    def pairs(self, count: int) -> tuple[dict[str, Tensor], Tensor]:
        """See :class:`~robot_learning.training.imitation.Imitator`."""
        assert isinstance(self.replay_buffer, GuideBuffer)
        return self.replay_buffer.pairs(count, self._vec_normalize_env)
