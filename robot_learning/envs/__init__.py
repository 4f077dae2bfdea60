"""Gymnasium environments; importing this registers ``RobotLearning/Reach-v0``."""

import gymnasium

from robot_learning.envs.arm_env import ArmEnv

EPISODE_STEPS = {"reach": 50}

for _task, _steps in EPISODE_STEPS.items():
    gymnasium.register(
        f"RobotLearning/{_task.title().replace('_', '')}-v0",
        entry_point="robot_learning.envs.arm_env:ArmEnv",
        kwargs={"task": _task},
        max_episode_steps=_steps,
    )

__all__ = ["EPISODE_STEPS", "ArmEnv"]
