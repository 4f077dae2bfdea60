"""Learning from a script at hand: in every state that comes up, what would it do?

DAgger (Ross, Gordon, Bagnell 2011, "A reduction of imitation learning to no-regret online
learning"): the learner acts, the script says what it would have done there, the learner is fitted
to that. In a share of the episodes the script acts itself, with noise, so that the learner also
sees how an episode goes on that goes well.
"""

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.buffers import DictReplayBuffer

from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.policy import KEYS
from robot_learning.training.imitation import Imitator
from robot_learning.training.symmetry import Batch

EXPERT_NOISE = 0.2  # standard deviation of what is added to the script's actions
NOISES = (0.0, 0.0, 0.1, 0.2)  # and to the learner's, one of them an episode
SHARE = 0.3  # of the episodes in which the script acts


class Guide(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Tells in each step's info, as ``guide``, what the script would do; acts in some episodes.

    In half of the others the learner acts as it will when deployed, without noise: only so does it
    see the states in which it would stand still, and is told to go on.

    Args:
        env: an :class:`ArmEnv`, perhaps wrapped.
        share: of the episodes in which the script acts.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], share: float) -> None:
        super().__init__(env)
        self._share = share
        self._leads, self._noise = False, 0.0

    def reset(self, **options: Any) -> tuple[Any, dict[str, Any]]:
        """Start an episode, and draw who acts in it."""
        observation, info = self.env.reset(**options)
        self._leads = self.np_random.random() < self._share
        self._noise = EXPERT_NOISE if self._leads else float(self.np_random.choice(NOISES))
        return observation, info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Step with ``action``, or with the script's."""
        arm = self.unwrapped
        assert isinstance(arm, ArmEnv)
        guide = np.clip(expert_action(arm.ideal), -1.0, 1.0)
        action = guide if self._leads else action
        noise = self.np_random.normal(0.0, self._noise, guide.shape)
        action = np.clip(action + noise, -1.0, 1.0)
        observation, reward, terminated, truncated, info = self.env.step(action)
        return observation, reward, terminated, truncated, {**info, "guide": guide}


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
        share: of the episodes in which the script acts; :class:`Guide` reads it.
    """

    def __init__(self, *args: Any, share: float = SHARE, **settings: Any) -> None:
        self.share = share
        super().__init__(*args, **{"replay_buffer_class": GuideBuffer, **settings})

    def shown(self, count: int) -> tuple[Batch, Batch]:
        """See :class:`~robot_learning.training.imitation.Imitator`."""
        kept = self.replay_buffer
        assert isinstance(kept, GuideBuffer)
        return kept.shown(self._rng.integers(kept.size() * kept.n_envs, size=count))
