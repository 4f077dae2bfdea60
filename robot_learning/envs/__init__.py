"""Gymnasium environments; importing this registers ``RobotLearning/Reach-v0`` and the others."""

import gymnasium

from robot_learning.envs.arm_env import ArmEnv
from robot_learning.envs.camera import CameraObservation
from robot_learning.tasks import TASKS

for _name, _task in TASKS.items():
    gymnasium.register(
        f"RobotLearning/{_name.title().replace('_', '')}-v0",
        entry_point="robot_learning.envs.arm_env:ArmEnv",
        kwargs={"task": _name},
        max_episode_steps=_task.steps,
    )

__all__ = ["ArmEnv", "CameraObservation"]
