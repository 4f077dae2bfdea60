"""A step of several environments, stage by stage.

What one stage of a step needs in the processor's caches, the next one throws out: Bullet above
all. So each stage is done for all environments before the next one begins.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.policy.history import push_all
from robot_learning.tasks.scoring import mean_squares

if TYPE_CHECKING:
    from robot_learning.envs.arm_env import ArmEnv

Flat = NDArray[np.float32]
Array = NDArray[np.float64]
Info = dict[str, Any]


def step_all(
    envs: Sequence["ArmEnv"], actions: Sequence[ArrayLike | None]
) -> tuple[Flat, Array, list[Info]]:
    """Move environments of one robot and task for a policy period; return what each comes to.

    That is what it would come to alone: observations (b, n_obs), rewards (b,) and infos.
    """
    move_all(envs, actions)
    flat = observe_all(envs)
    return flat, *judge_all(envs, flat)


def move_all(envs: Sequence["ArmEnv"], actions: Sequence[ArrayLike | None]) -> None:
    """Move environments for a policy period without a look at what it comes to."""
    decide_all(envs, actions)
    for _ in range(envs[0].robot.policy_every):
        for env in envs:
            env.guard()
        for env in envs:
            env.move()
    for env in envs:
        env.steps_taken += 1


def decide_all(envs: Sequence["ArmEnv"], actions: Sequence[ArrayLike | None]) -> None:
    """Let environments take the actions of the policy period that begins; None is none."""
    taken = [
        (env, action) for env, action in zip(envs, actions, strict=True) if action is not None
    ]
    for env in envs:
        env.command, env.results = None, []
    if not taken:
        return
    acting, given = zip(*taken, strict=True)
    model, interface = acting[0].model, acting[0].interface
    commands = interface.decode_all(model, given, [env.state for env in acting])
    for env, action, command in zip(acting, given, commands, strict=True):
        env.command = command
        if env.ideal_history is not env.history:
            env.ideal_history.push(action, env.ideal.inputs, command)
    push_all([env.history for env in acting], given, [env.inputs for env in acting], commands)


def observe_all(envs: Sequence["ArmEnv"]) -> Flat:
    """Return what environments observe (b, n_obs), which each of them keeps."""
    flat = envs[0].interface.observe_all(
        envs[0].model,
        [env.state for env in envs],
        [env.inputs for env in envs],
        [env.history for env in envs],
        [env.delay for env in envs],
    )
    for env, own in zip(envs, flat, strict=True):
        env.keep(own)
    return flat


def judge_all(envs: Sequence["ArmEnv"], flat: Flat) -> tuple[Array, list[Info]]:
    """Return rewards (b,) and infos of what environments of one task observe (b, n_obs)."""
    task, robot, interface = envs[0].task, envs[0].robot, envs[0].interface
    seen = task.errors(*interface.goals(flat))
    true = [env.true_errors(errors) for env, errors in zip(envs, seen, strict=True)]
    efforts = mean_squares(np.array([env.state.qd for env in envs]), robot.velocity)
    distances = task.farthest(np.array(true)).tolist()
    infos = [
        {
            "is_success": distance <= task.tolerance,
            "distance": distance,
            "command_changed": env.changed,
            "effort": effort,
        }
        for env, distance, effort in zip(envs, distances, efforts.tolist(), strict=True)
    ]
    return task.score(seen, efforts), infos
