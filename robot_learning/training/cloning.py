"""Imitation of demonstrations: nobody to ask, only episodes of somebody who did the task.

Behaviour cloning. A few demonstrations hold few of the states that a learner gets into; copies of
them (:mod:`robot_learning.training.symmetry`) hold many more, at no cost.
"""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecNormalize
from torch import Tensor

from robot_learning.base.errors import ConfigError
from robot_learning.demonstrations import Dataset, observations
from robot_learning.envs import ArmEnv
from robot_learning.policy import Interface
from robot_learning.tasks.settings import resolved
from robot_learning.training.imitation import Imitator
from robot_learning.training.symmetry import Batch, Symmetry

COPIES = 20  # of each observation, for the mean and the deviation of all copies


class Demonstrations:
    """What was seen and done in the steps of all episodes that succeed.

    Args:
        folder: of a dataset.
        env: whose observations are wanted, and whose actions mean what the recorded ones do.

    Attributes:
        interface: of ``env``.
        seen: (m, n_obs).
        actions: (m, n_action).

    Raises:
        DatasetError: where the dataset is not sound, of something else, or none succeeds.
    """

    def __init__(self, folder: Path, env: ArmEnv) -> None:
        dataset = Dataset.open(folder)
        dataset.check(env.robot, resolved(env.task_settings, env.task), env.interface)
        episodes = dataset.successes()
        seen = [observations(episode, env.interface, env.model)[:-1] for episode in episodes]
        actions = np.concatenate([episode.actions for episode in episodes])
        acted = np.isfinite(actions).all(axis=1)
        self.interface: Interface = env.interface
        self.seen: Batch = np.concatenate(seen)[acted]
        self.actions: Batch = np.clip(actions[acted], -1.0, 1.0).astype(np.float32)


class Cloned(Imitator):
    """TD3's actor, fitted to demonstrations; without a critic, rewards or what it does itself.

    Args:
        symmetric: whether copies are fitted in place of what was shown.
    """

    def __init__(self, *args: Any, symmetric: bool = True, **settings: Any) -> None:
        self.symmetric = symmetric
        super().__init__(*args, **settings)

    def show(self, shown: Demonstrations) -> None:
        """Learn from these from now on; at first also how observations are normalised.

        Raises:
            ConfigError: naming what does not turn with the scene, where copies are wanted.
        """
        lacking = Symmetry.lacking(shown.interface) if self.symmetric else ""
        if lacking:
            raise ConfigError(
                f"params.symmetric: {lacking}: not known how it turns with the scene; "
                "set params.symmetric=false"
            )
        self._shown = shown
        self._symmetry = Symmetry(shown.interface, shown.seen) if self.symmetric else None
        self._rng = np.random.default_rng([self.seed or 0, self.num_timesteps])
        normalize = self._vec_normalize_env
        if normalize is not None:
            if not self.num_timesteps:
                for _ in range(COPIES):
                    _take_in(normalize, self._split(self._draw(np.arange(len(shown.seen)))[0]))
            normalize.training = False

    def pairs(self, count: int) -> tuple[dict[str, Tensor], Tensor]:
        """See :class:`~robot_learning.training.imitation.Imitator`."""
        rows = self._rng.integers(len(self._shown.seen), size=count)
        seen, actions = self._draw(rows)
        parts: Any = self._split(seen)
        if self._vec_normalize_env is not None:
            parts = self._vec_normalize_env.normalize_obs(parts)
        inputs: Any = self.policy.obs_to_tensor(parts)[0]
        return inputs, torch.as_tensor(actions)

    def _draw(self, rows: NDArray[np.intp]) -> tuple[Batch, Batch]:
        seen, actions = self._shown.seen[rows], self._shown.actions[rows]
        if self._symmetry is None:
            return seen, actions
        return self._symmetry.copies(seen, actions, self._rng)

    def _split(self, seen: Batch) -> dict[str, Batch]:
        parts = self._shown.interface.split(seen.T)
        return {key: part.T for key, part in parts.items()}

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_shown", "_symmetry", "_rng"]


def _take_in(normalize: VecNormalize, parts: dict[str, Batch]) -> None:
    for key, values in parts.items():
        normalize.obs_rms[key].update(values)  # type: ignore[index]
