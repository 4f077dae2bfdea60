"""A step of several environments, stage by stage.

What one stage of a step needs in the processor's caches, the next one throws out: Bullet above
all. So each stage is done for all environments before the next one begins.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from robot_learning.envs.arm_env import ArmEnv

Observed = dict[str, NDArray[np.float32]]
Stepped = tuple[Observed, float, bool, bool, dict[str, Any]]


def step_all(envs: Sequence["ArmEnv"], actions: Sequence[ArrayLike | None]) -> list[Stepped]:
    """Move environments of one robot for one policy period; return what each step came to.

    Each comes to what it would come to alone.
    """
    for env, action in zip(envs, actions, strict=True):
        env.decide(action)
    for _ in range(envs[0].robot.policy_every):
        for env in envs:
            env.guard()
        for env in envs:
            env.move()
    return [env.judge() for env in envs]
