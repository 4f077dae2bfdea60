"""A step of several environments, stage by stage.

What one stage of a step needs in the processor's caches, the next one throws out: Bullet above
all. So each stage is done for all environments before the next one begins.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.tasks.scoring import mean_squares

if TYPE_CHECKING:
    from robot_learning.envs.arm_env import ArmEnv

Observed = dict[str, NDArray[np.float32]]
Stepped = tuple[Observed, float, bool, bool, dict[str, Any]]


def step_all(envs: Sequence["ArmEnv"], actions: Sequence[ArrayLike | None]) -> list[Stepped]:
    """Move environments of one robot and task for a policy period; return what each comes to.

    That is what it would come to alone.
    """
    for env, action in zip(envs, actions, strict=True):
        env.decide(action)
    for _ in range(envs[0].robot.policy_every):
        for env in envs:
            env.guard()
        for env in envs:
            env.move()
    return judge_all(envs, [env.observe() for env in envs])


def judge_all(envs: Sequence["ArmEnv"], observed: Sequence[Observed]) -> list[Stepped]:
    """Score what environments of one robot and task observe."""
    task, robot = envs[0].task, envs[0].robot
    goals = [
        np.array([each[key] for each in observed]) for key in ("achieved_goal", "desired_goal")
    ]
    seen = task.errors(*goals)
    true = np.array([env.true_errors(errors) for env, errors in zip(envs, seen, strict=True)])
    efforts = mean_squares(np.array([env.state.qd for env in envs]), robot.velocity)
    rewards = task.score(seen, efforts).tolist()
    distances, told = task.farthest(true).tolist(), efforts.tolist()
    return [
        (
            observed[k],
            rewards[k],
            False,
            False,
            {
                "is_success": distances[k] <= task.tolerance,
                "distance": distances[k],
                "command_changed": env.changed,
                "effort": told[k],
            },
        )
        for k, env in enumerate(envs)
    ]
