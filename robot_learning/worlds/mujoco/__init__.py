"""The physics that no policy was trained in; nothing outside this folder imports mujoco."""

import ctypes
import os

# Read when mujoco is imported, which fails where it asks for a library that is not there.
if not os.environ.get("DISPLAY"):
    try:
        ctypes.CDLL("libEGL.so.1")
        os.environ.setdefault("MUJOCO_GL", "egl")
    except OSError:
        pass

from robot_learning.worlds.mujoco.world import MujocoWorld

__all__ = ["MujocoWorld"]
