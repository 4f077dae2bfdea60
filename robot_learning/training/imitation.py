"""An actor that is fitted to actions that it should have taken, whoever knows them."""

import numpy as np
from stable_baselines3 import TD3
from torch import Tensor
from torch.nn.functional import smooth_l1_loss

# The loss is linear in errors of an action above this. Where a teacher switches from one way to
# another, that is least at one of the two; a quadratic loss is least at their mean, a standstill.
EXACT = 0.05


class Imitator(TD3):
    """TD3's actor and its way of collecting steps, without a critic."""

    def pairs(self, count: int) -> tuple[dict[str, Tensor], Tensor]:
        """Return ``count`` observations, normalised, and the right actions (count, n_action)."""
        raise NotImplementedError

    def train(self, gradient_steps: int, batch_size: int = 256) -> None:
        """Take gradient steps on batches of pairs."""
        self.policy.set_training_mode(True)
        self._update_learning_rate(self.actor.optimizer)
        losses = []
        for _ in range(gradient_steps):
            seen, wanted = self.pairs(batch_size)
            loss = smooth_l1_loss(self.actor(seen), wanted, beta=EXACT)
            self.actor.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.actor.optimizer.step()
            losses.append(loss.item())
        self._n_updates += gradient_steps
        self.logger.record("train/imitation_loss", float(np.mean(losses)))
