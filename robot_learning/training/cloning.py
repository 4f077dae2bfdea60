"""Imitation of demonstrations: nobody to ask, only episodes of somebody who did the task.

Behaviour cloning. A few demonstrations hold few of the states that a learner gets into; copies of
them (:mod:`robot_learning.training.symmetry`) hold many more, at no cost.
"""

from pathlib import Path

import numpy as np
from stable_baselines3.common.vec_env import VecNormalize

from robot_learning.demonstrations import Dataset, observations
from robot_learning.envs import ArmEnv
from robot_learning.tasks.settings import resolved
from robot_learning.training.imitation import Imitator
from robot_learning.training.symmetry import Batch

COPIES = 20  # of each observation, for the mean and the deviation of all copies


class Demonstrations:
    """What was seen and done in the steps of all episodes that succeed.

    Args:
        folder: of a dataset.
        env: whose observations are wanted, and whose actions mean what the recorded ones do.

    Attributes:
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
        self.seen: Batch = np.concatenate(seen)[acted]
        self.actions: Batch = np.clip(actions[acted], -1.0, 1.0).astype(np.float32)


class Cloned(Imitator):
    """TD3's actor, fitted to demonstrations; without a critic, rewards or what it does itself."""

    def show(self, shown: Demonstrations) -> None:
        """Learn from these from now on; at first also how observations are normalised."""
        self._shown = shown
        normalize = self._vec_normalize_env
        if normalize is not None:
            if not self.num_timesteps:
                for _ in range(COPIES):
                    _take_in(normalize, self.split(self.copies(shown.seen, shown.actions)[0]))
            normalize.training = False

    def shown(self, count: int) -> tuple[Batch, Batch]:
        """See :class:`~robot_learning.training.imitation.Imitator`."""
        rows = self._rng.integers(len(self._shown.seen), size=count)
        return self._shown.seen[rows], self._shown.actions[rows]

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_shown"]


def _take_in(normalize: VecNormalize, parts: dict[str, Batch]) -> None:
    for key, values in parts.items():
        normalize.obs_rms[key].update(values)  # type: ignore[index]
