"""MuJoCo's own window."""

import threading

import mujoco

from robot_learning.base.errors import ConfigError
from robot_learning.worlds.display import window_problem
from robot_learning.worlds.mujoco.camera import Marks, draw_marks

PATIENCE = 5.0  # s


class Window:
    """Shows a model.

    Args:
        model: what is shown.
        data: of it.

    Raises:
        ConfigError: where there is no display.
    """

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        if problem := window_problem():
            raise ConfigError(f"{problem}; unset DISPLAY to go without a window")
        from mujoco import viewer

        before = threading.enumerate()
        self._viewer = viewer.launch_passive(model, data, show_left_ui=False, show_right_ui=False)
        self._threads = [thread for thread in threading.enumerate() if thread not in before]

    def show(self, marks: Marks) -> None:
        """Draw what is there now, where the window is still open."""
        if not self._viewer.is_running():
            return
        with self._viewer.lock():
            self._viewer.user_scn.ngeom = 0
            draw_marks(self._viewer.user_scn, marks)
        self._viewer.sync()

    def close(self) -> None:
        """Close it, and wait for its thread: the process must not end while that draws."""
        self._viewer.close()
        for thread in self._threads:
            thread.join(PATIENCE)
