"""The physics that no policy was trained in; nothing outside this folder imports mujoco."""

from robot_learning.worlds.mujoco.world import MujocoWorld

__all__ = ["MujocoWorld"]
