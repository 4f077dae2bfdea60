"""Guides: a script or a trained policy that acts in a share of a learner's episodes.

A guide also says which action of each step is kept. A policy that knows the task shows the learner
where the reward is: Uchendu and others 2023, "Jump-Start Reinforcement Learning".
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.arrays import clipped
from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import runner_action
from robot_learning.experts.expert import expert_action
from robot_learning.policy import PolicyBundle, PolicyRunner

EXPERT_NOISE = 0.2  # standard deviation of what is added to the script's actions
NOISES = (0.0, 0.0, 0.1, 0.2)  # and to a policy's, one of them an episode

Action = NDArray[np.floating]


class Guide(Protocol):
    """Acts in some of the episodes of an environment."""

    def begin(self) -> None:
        """Draw who acts in the episode that has just begun."""

    def act(self, action: Action) -> tuple[Action, Action]:
        """Return what is done where the learner says ``action`` (n_action,), and what is kept."""


MakeGuide = Callable[[ArmEnv], Guide]


class ScriptGuide:
    """A script that says in every state what it would do there.

    In half of the learner's own episodes no noise is added, as when it is deployed. Only there
    does it meet the states in which it would stand still, and learns to go on.

    Args:
        env: where it guides.
        share: of the episodes in which the script acts.
    """

    def __init__(self, env: ArmEnv, share: float) -> None:
        self._env, self._share = env, share
        self._leads, self._noise = False, 0.0

    def begin(self) -> None:
        """See :class:`Guide`."""
        rng = self._env.np_random
        self._leads = rng.random() < self._share
        self._noise = EXPERT_NOISE if self._leads else float(rng.choice(NOISES))

    def act(self, action: Action) -> tuple[Action, Action]:
        """See :class:`Guide`; what is kept is what the script would do."""
        guide = clipped(expert_action(self._env.ideal), 1.0)
        noise = self._env.np_random.normal(0.0, self._noise, guide.shape)
        return clipped((guide if self._leads else action) + noise, 1.0), guide


class PolicyGuide:
    """A trained policy; it changes nothing in the episodes in which the learner acts.

    Args:
        env: where it guides.
        share: of the episodes in which the policy acts.
        bundle: the policy.

    Raises:
        BundleError: where it is of another robot.
        ConfigError: where its actions mean something else than the learner's.
    """

    def __init__(self, env: ArmEnv, share: float, bundle: PolicyBundle) -> None:
        its, ours = bundle.interface.action_mode, env.interface.action_mode
        if its != ours:
            raise ConfigError(
                f"guide.bundle: {bundle.path} acts by {its}, the run by {ours}; "
                f"set env.action_mode={its}"
            )
        self._env, self._share = env, share
        self._leads, self._noise = False, 0.0
        # It decides when the learner does, however long its own actions hold.
        often = replace(bundle, interface=replace(bundle.interface, action_repeat=1))
        self._runner = PolicyRunner(often, env.robot)

    def begin(self) -> None:
        """See :class:`Guide`."""
        rng = self._env.np_random
        self._leads = rng.random() < self._share
        self._noise = float(rng.choice(NOISES))

    def act(self, action: Action) -> tuple[Action, Action]:
        """See :class:`Guide`; what is kept is what was done."""
        found = runner_action(self._runner, self._env) if self._leads else None
        if found is None:
            return action, action.copy()  # it is a view of memory that the next one is put into
        noise = self._env.np_random.normal(0.0, self._noise, found.shape)
        done = clipped(found + noise, 1.0)
        return done, done
