"""Scripts that grasp boxes."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.objects import PLACED
from robot_learning.experts.script import Script, Seen, Waypoint, fade
from robot_learning.tasks.pick import PickAndPlace

Array = NDArray[np.float64]
SPARE = 0.004  # m that a grasp is higher than the filter lets the tool go
CLOSE = (0.012, 0.022)  # m from the grasp at which the gripper closes, and stays open
LAND = (0.01, 0.06)  # m beside the goal from which a held box goes down to it, and up from it
BETWEEN = (0.025, 0.035)  # m from the grasp: surely between the fingers, surely not


class PickScript(Script):
    """Come down over the box, close, carry it."""

    task: PickAndPlace

    def waypoint(self, seen: Seen) -> Waypoint:
        """See :class:`~robot_learning.experts.script.Script`."""
        return self._carry(seen, seen.inputs["object"], seen.inputs["goal"])

    def _carry(self, seen: Seen, box: Array, goal: Array) -> Waypoint:
        """Go over the box, down, close, and to the goal, each turning into the next gradually."""
        grasp = box + [0, 0, max(self._lowest - box[2], 0.0)]
        offset = seen.tip - grasp
        away = float(np.linalg.norm(offset))
        fetch = self._down_on(seen.tip, grasp)
        opened = float(seen.inputs["gripper_opening"][0])
        # Fingers that stand as far apart as the box is wide hold it, where it is between them.
        as_wide = fade(opened, self.task.closed_on - 0.1, self.task.closed_on - 0.05)
        as_wide *= 1 - fade(opened, self.task.closed_on, self.task.closed_on + 0.06)
        held = as_wide * (1 - fade(away, *BETWEEN))
        carried = self._way_to(box, goal) + seen.tip - box
        # A box that slipped up between the fingers is no reason to press on the floor.
        carried[2] = max(carried[2], self._lowest)
        opening = fade(away, *CLOSE) * (1 - held)
        return Waypoint(held * carried + (1 - held) * fetch, opening=opening)

    @property
    def _lowest(self) -> float:
        return self.task.table.floor + self.task.table.lowest + SPARE

    def _down_on(self, point: Array, target: Array) -> Array:
        """Return where a point goes next to come down on a target: up, across, down."""
        offset, over = point - target, self.task.object.height + self.task.hover
        aside = float(np.linalg.norm(offset[:2]))
        height = fade(aside, 0.006, 0.02) * over
        free = max(fade(offset[2], over - 0.03, over - 0.01), 1 - fade(aside, 0.02, 0.03))
        return np.array([*(point[:2] - free * offset[:2]), target[2] + height])

    def _way_to(self, box: Array, goal: Array) -> Array:
        """Return where the held box goes next: to the goal, a little above it from afar."""
        aside = float(np.linalg.norm((goal - box)[:2]))
        return goal + [0, 0, fade(aside, *LAND) * self.task.hover]


class StackScript(PickScript):
    """Place the first box, let go, then the second on top of it."""

    def waypoint(self, seen: Seen) -> Waypoint:
        """See :class:`~robot_learning.experts.script.Script`."""
        given = seen.inputs
        for name, goal in (("object", "goal"), ("second", "stack_goal")):
            if np.linalg.norm(given[name] - given[goal]) > PLACED:
                return self._carry(seen, given[name], given[goal])
            opened = given["gripper_opening"][0] > self.task.closed_on + 0.1
            if np.linalg.norm(seen.tip - given[name]) < BETWEEN[0] and not opened:
                return Waypoint(seen.tip, opening=1.0)
        return Waypoint(
            given["stack_goal"] + [0, 0, self.task.object.height + self.task.hover], opening=1.0
        )

    def _way_to(self, box: Array, goal: Array) -> Array:
        """Return where the held box goes next: over the goal, then down."""
        return self._down_on(box, goal)
