"""What a task moves, and where to."""

from collections.abc import Mapping

import numpy as np
import viser
from numpy.typing import NDArray

from robot_learning.policy.terms import GOALS
from robot_learning.tasks.task import Task
from robot_learning.viewing.colours import BLUE
from robot_learning.viewing.drawing import place
from robot_learning.worlds.camera import OBJECTS

Array = NDArray[np.float64]
ROTATION = "goal_rotation"


class TaskDrawing:
    """The objects of a task and its goals.

    Args:
        scene: of the page.
        task: whose they are.
    """

    def __init__(self, scene: viser.SceneApi, task: Task) -> None:
        self._scene, self._tolerance = scene, task.tolerance
        self._objects = {
            item.name: scene.add_frame(f"/objects/{item.name}", False) for item in task.objects
        }
        for number, item in enumerate(task.objects):
            red, green, blue, *_ = OBJECTS[number % len(OBJECTS)]
            for part, (middle, edges) in enumerate(item.boxes):
                scene.add_box(
                    f"/objects/{item.name}/{part}",
                    (red, green, blue),
                    edges,
                    position=middle,
                )
        self._goals: dict[str, viser.SceneNodeHandle] = {}

    def show(self, inputs: Mapping[str, Array], bodies: Mapping[str, Array]) -> None:
        """Draw goals where the inputs say and objects where they are, base frame, m."""
        for name, handle in self._objects.items():
            if name in bodies:
                handle.position = bodies[name][:3]
                handle.wxyz = np.roll(bodies[name][3:7], 1)
        for name in GOALS:
            if name in inputs and name != ROTATION:
                self._goal(name, inputs[name], inputs.get(ROTATION))

    def _goal(self, name: str, position: Array, turn: Array | None) -> None:
        if name not in self._goals:
            self._goals[name] = self._scene.add_frame(
                f"/goals/{name}", turn is not None, axes_length=0.08, axes_radius=0.004
            )
            self._scene.add_icosphere(
                f"/goals/{name}/tolerance", self._tolerance, BLUE, opacity=0.45, cast_shadow=False
            )
        T = np.eye(4)
        T[:3, 3] = position
        if turn is not None:
            T[:3, :3] = turn
        place(self._goals[name], T)
