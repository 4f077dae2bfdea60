"""Gymnasium environments; importing this registers ``RobotLearning/Reach-v0`` and the others."""

from typing import Any

from robot_learning.base.extras import way_out

try:
    import gymnasium
    from gymnasium.wrappers import TimeLimit
except ModuleNotFoundError as error:
    raise ModuleNotFoundError(way_out(error), name=error.name) from None

from robot_learning.envs.arm_env import ArmEnv
from robot_learning.envs.camera import CameraObservation
from robot_learning.tasks import TASKS


def make(**settings: Any) -> TimeLimit[Any, Any]:
    """Return an :class:`ArmEnv` whose episodes are as long as its task's.

    ``max_episode_steps`` of ``gymnasium.make`` may cut them shorter; for longer ones give a task
    with other ``steps``.
    """
    env = ArmEnv(**settings)
    return TimeLimit(env, env.task.steps)


for _name in TASKS:
    gymnasium.register(
        f"RobotLearning/{_name.title().replace('_', '')}-v0",
        entry_point="robot_learning.envs:make",
        kwargs={"task": _name},
    )

__all__ = ["ArmEnv", "CameraObservation", "make"]
