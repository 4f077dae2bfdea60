"""An episode of a policy in simulation, to be played."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import runner_action
from robot_learning.policy import PolicyRunner
from robot_learning.safety import Cause, Status

Array = NDArray[np.float64]


class Frame(NamedTuple):
    """What is true at the end of a policy period.

    Attributes:
        time: s since the episode began.
        q: (n,) rad or m.
        opening: of the gripper, 0 closed to 1 open.
        inputs: what the policy was told, by name.
        bodies: (13,) of each object; see :class:`robot_learning.base.types.Scene`.
        status: of the filter, the worst of the period.
        causes: why.
        distance: from the goal, m.
        success: whether it is reached.
    """

    time: float
    q: Array
    opening: float
    inputs: Mapping[str, Array]
    bodies: Mapping[str, Array]
    status: Status
    causes: tuple[Cause, ...]
    distance: float
    success: bool


def record(env: ArmEnv, runner: PolicyRunner, seed: int) -> list[Frame]:
    """Return the frames of a seeded episode, its start first."""
    _, info = env.reset(seed=seed)
    frames = [_frame(env, info)]
    for _ in range(env.task.steps):
        info = env.step(runner_action(runner, env))[4]
        frames.append(_frame(env, info))
    return frames


def _frame(env: ArmEnv, info: Mapping[str, float]) -> Frame:
    scene, gripper = env.world.scene(), env.robot.gripper
    told = gripper is not None and len(scene.fingers) > 0
    opening = gripper.opening(scene.fingers) if gripper and told else env.opening or 0.0
    causes = [cause for result in env.results for cause in result.active]
    return Frame(
        time=env.steps_taken * env.robot.policy_period,
        q=np.array(env.state.q),
        opening=float(np.clip(opening, 0.0, 1.0)),
        inputs={name: np.array(given.value) for name, given in env.inputs.items()},
        bodies=scene.bodies,
        status=max((result.status for result in env.results), default=Status.OK),
        causes=tuple(dict.fromkeys(causes)),
        distance=info["distance"],
        success=bool(info["is_success"]),
    )
