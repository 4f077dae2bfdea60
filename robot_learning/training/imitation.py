"""An actor that is fitted to actions that it should have taken, whoever knows them."""

from typing import Any

import numpy as np
import torch
from stable_baselines3 import TD3
from torch.nn.functional import smooth_l1_loss

from robot_learning.base.errors import ConfigError
from robot_learning.policy import Interface
from robot_learning.training.symmetry import Batch, Symmetry

# The loss is linear in errors of an action above this. Where a teacher switches from one way to
# another, that is least at one of the two; a quadratic loss is least at their mean, a standstill.
EXACT = 0.05


class Imitator(TD3):
    """TD3's actor and its way of collecting steps, without a critic.

    Args:
        symmetric: whether copies are fitted in place of what was shown
            (:mod:`robot_learning.training.symmetry`); None for wherever the interface allows it.
    """

    def __init__(self, *args: Any, symmetric: bool | None = None, **settings: Any) -> None:
        self.symmetric = symmetric
        self.middle: list[float] | None = None
        super().__init__(*args, **settings)

    def shown(self, count: int) -> tuple[Batch, Batch]:
        """Return ``count`` observations (count, n_obs) and the right actions (count, n_action)."""
        raise NotImplementedError

    def begin(self, interface: Interface) -> None:
        """Learn for this interface from now on.

        Raises:
            ConfigError: naming what does not turn with the scene, where copies are wanted.
        """
        self._interface = interface
        self._rng = np.random.default_rng([self.seed or 0, self.num_timesteps])
        lacking = Symmetry.lacking(interface)
        if lacking and self.symmetric:
            raise ConfigError(
                f"params.symmetric: {lacking}: not known how it turns with the scene; "
                "set params.symmetric=false"
            )
        copied = not lacking and self.symmetric is not False
        self._symmetry = Symmetry(interface) if copied else None

    def copies(self, seen: Batch, actions: Batch) -> tuple[Batch, Batch]:
        """Return copies of observations (b, n_obs) and actions (b, n_action), or them.

        They are turned about the middle of the first that are given.
        """
        if self._symmetry is None:
            return seen, actions
        if self.middle is None:
            self.middle = self._symmetry.middle(seen)
        return self._symmetry.copies(seen, actions, self.middle, self._rng)

    def split(self, seen: Batch) -> dict[str, Batch]:
        """Return the parts of flat observations (b, n_obs)."""
        return self._interface.split(seen)

    def train(self, gradient_steps: int, batch_size: int = 256) -> None:
        """Take gradient steps on batches of what was shown."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.actor.optimizer)
        losses = []
        for _ in range(gradient_steps):
            seen, wanted = self.copies(*self.shown(batch_size))
            inputs: Any = self.split(seen)
            if self._vec_normalize_env is not None:
                inputs = self._vec_normalize_env.normalize_obs(inputs)
            inputs = self.policy.obs_to_tensor(inputs)[0]
            loss = smooth_l1_loss(self.actor(inputs), torch.as_tensor(wanted), beta=EXACT)
            self.actor.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.actor.optimizer.step()
            losses.append(loss.item())
        self._n_updates += gradient_steps
        self.logger.record("train/imitation_loss", float(np.mean(losses)))

    def _excluded_save_params(self) -> list[str]:
        return [*super()._excluded_save_params(), "_interface", "_symmetry", "_rng"]
