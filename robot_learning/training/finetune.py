"""Reinforcement learning that goes on from a policy which does the task already.

Proximal policy optimisation (Schulman and others 2017) with three differences. The actor begins
as a bundle's network, and observations stay normalised as it knows them. The critic learns alone
at first: what one that knows nothing says would undo what the actor can do. Exploration is held
for some periods, for an arm's acceleration limits even out what changes with each.
"""

from typing import Any

import numpy as np
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.type_aliases import Schedule
from stable_baselines3.common.vec_env import VecNormalize
from torch import nn

from robot_learning.policy import Interface
from robot_learning.training.pretrained import Pretrained

STATES = 50  # steps of each environment that tell how large the noise would be


class Policy(MultiInputActorCriticPolicy):
    """An actor as those that imitate have, and a critic of its own; ReLU in both."""

    def _build(self, lr_schedule: Schedule) -> None:
        super()._build(lr_schedule)
        self.action_net = nn.Sequential(self.action_net, nn.Tanh())
        # Of all parameters, the new layer's too, in the order that a checkpoint has.
        self.optimizer = type(self.optimizer)(self.parameters(), **self.optimizer.defaults)

    def _predict(self, observation: Any, deterministic: bool = False) -> torch.Tensor:
        if not deterministic:
            return super()._predict(observation)
        features: Any = self.extract_features(observation)
        action: torch.Tensor = self.action_net(self.mlp_extractor.forward_actor(features))
        return action

    def freeze_actor(self, frozen: bool) -> None:
        """Let the actor stay as it is, or learn again."""
        actor = [*self.mlp_extractor.policy_net.parameters(), *self.action_net.parameters()]
        for parameter in [*actor, self.log_std]:
            parameter.requires_grad = not frozen


class FineTuned(PPO):
    """PPO from a policy that was trained before.

    Args:
        noise: standard deviation of exploration at first, of an action in [-1, 1].
        critic_steps: steps in which only the critic learns.
    """

    def __init__(
        self,
        policy: Any,
        env: Any,
        noise: float = 0.12,
        critic_steps: int = 20000,
        policy_kwargs: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        self.noise, self.critic_steps = noise, critic_steps
        kwargs = {**(policy_kwargs or {}), "activation_fn": nn.ReLU}
        super().__init__(Policy, env, policy_kwargs=kwargs, **settings)

    def begin(self, actor: Pretrained, interface: Interface) -> None:
        """Become the policy ``actor``, which sees what ``interface`` says."""
        policy: Any = self.policy
        layers = [*policy.mlp_extractor.policy_net, *policy.action_net]
        linear = [layer for layer in layers if isinstance(layer, nn.Linear)]
        with torch.no_grad():
            for layer, (weights, offsets) in zip(linear, actor.layers, strict=True):
                layer.weight.copy_(torch.tensor(weights))
                layer.bias.copy_(torch.tensor(offsets))
        normalize = self.get_vec_normalize_env()
        assert normalize is not None
        _normalize_as(normalize, actor, interface)
        if self.use_sde:
            self._scale_noise()

    def train(self) -> None:
        """Learn from the steps since the last time."""
        assert isinstance(self.policy, Policy)
        self.policy.freeze_actor(self.num_timesteps <= self.critic_steps)
        super().train()

    def _scale_noise(self) -> None:
        """Let exploration, a random function of the last layer's inputs, deviate by ``noise``."""
        assert self.env is not None
        seen: Any = self.env.reset()
        sizes = []
        for _ in range(STATES):
            inputs = self.policy.obs_to_tensor(seen)[0]
            with torch.no_grad():
                features: Any = self.policy.extract_features(inputs)
                latent = self.policy.mlp_extractor.forward_actor(features)
            sizes.append(float(latent.norm(dim=1).mean()))
            seen = self.env.step(self.policy.predict(seen, deterministic=True)[0])[0]
        with torch.no_grad():
            self.policy.log_std.fill_(float(np.log(self.noise / np.mean(sizes))))


def _normalize_as(normalize: VecNormalize, actor: Pretrained, interface: Interface) -> None:
    """Normalise observations as an actor knows them, and leave it so."""
    normalize.training = normalize.norm_reward = False
    parts = interface.split(np.arange(interface.n_obs, dtype=np.float32))
    for key, part in parts.items():
        at = part.astype(int)
        rms: Any = normalize.obs_rms[key]  # type: ignore[index]
        rms.mean, rms.var = actor.mean[at], actor.scale[at] ** -2.0 - normalize.epsilon
