"""MuJoCo's own window."""

import mujoco

from robot_learning.base.errors import ConfigError
from robot_learning.worlds.display import window_problem
from robot_learning.worlds.mujoco.camera import Marks, draw_marks


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

        self._viewer = viewer.launch_passive(model, data, show_left_ui=False, show_right_ui=False)

    def show(self, marks: Marks) -> None:
        """Draw what is there now."""
        with self._viewer.lock():
            self._viewer.user_scn.ngeom = 0
            draw_marks(self._viewer.user_scn, marks)
        self._viewer.sync()

    def close(self) -> None:
        """Close it."""
        self._viewer.close()
