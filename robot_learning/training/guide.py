"""A script at hand while a learner acts: what would it do here, and when does it act itself?"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.arrays import clipped
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action

EXPERT_NOISE = 0.2  # standard deviation of what is added to the script's actions
NOISES = (0.0, 0.0, 0.1, 0.2)  # and to the learner's, one of them an episode

Action = NDArray[np.floating]


class Guide:
    """Tells what the script would do in an environment, and acts in some of its episodes.

    In half of the others the learner acts as it will when deployed, without noise: only so does it
    see the states in which it would stand still, and is told to go on.

    Args:
        env: where it guides.
        share: of the episodes in which the script acts.
    """

    def __init__(self, env: ArmEnv, share: float) -> None:
        self._env, self._share = env, share
        self._leads, self._noise = False, 0.0

    def begin(self) -> None:
        """Draw who acts in the episode that has just begun."""
        rng = self._env.np_random
        self._leads = rng.random() < self._share
        self._noise = EXPERT_NOISE if self._leads else float(rng.choice(NOISES))

    def act(self, action: Action) -> tuple[Action, Action]:
        """Return what is done where the learner says ``action`` (n_action,), and the script's."""
        guide = clipped(expert_action(self._env.ideal), 1.0)
        noise = self._env.np_random.normal(0.0, self._noise, guide.shape)
        return clipped((guide if self._leads else action) + noise, 1.0), guide
