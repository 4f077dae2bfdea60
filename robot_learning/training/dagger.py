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

from robot_learning.policy import KEYS
from robot_learning.training.imitation import Imitator
from robot_learning.training.symmetry import Batch

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

    def shown(self, rows: NDArray[np.intp]) -> tuple[Batch, Batch]:
        """Return some of all environments' steps: flat observations, and the script's actions."""
        at = np.divmod(rows, self.n_envs)
        seen = np.concatenate([self.observations[key][at] for key in KEYS], axis=1)
        return seen, self.actions[at]


class Dagger(Imitator):
    """Learns what the script would do in the states that come up.

    Args:
        share: of the episodes in which the script acts; a vector environment reads it.
    """

    def __init__(self, *args: Any, share: float = SHARE, **settings: Any) -> None:
        self.share = share
        super().__init__(*args, **{"replay_buffer_class": GuideBuffer, **settings})

    def shown(self, count: int) -> tuple[Batch, Batch]:
        """See :class:`~robot_learning.training.imitation.Imitator`."""
        kept = self.replay_buffer
        assert isinstance(kept, GuideBuffer)
        return kept.shown(self._rng.integers(kept.size() * kept.n_envs, size=count))
