"""Scripts that push a box over the floor."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from robot_learning.experts.script import Script, Seen, Waypoint, fade
from robot_learning.tasks.push import Push

Array = NDArray[np.float64]
GRAVITY = 9.81  # m/s²
# Shares of the tolerance at which a push ends, and at which none is begun.
NEAR, NEAR_ENOUGH = 0.15, 0.7


class PushScript(Script):
    """Pass over the box, come down behind it, push along the line to the goal.

    One turns into the other gradually, which is easier to imitate than a switch.
    """

    task: Push
    _retreat = 0.0  # m, from a box that needs no more push
    _back = 0.1  # m, from a box of full size that it would push askew
    # m beside the line to the goal up to which the tool pushes fully, from which not at all.
    _beside: ClassVar[tuple[float, float]] = (0.008, 0.02)

    def waypoint(self, seen: Seen) -> Waypoint:
        """See :class:`~robot_learning.experts.script.Script`."""
        box, way = seen.inputs["object"], seen.inputs["goal"] - seen.inputs["object"]
        left = float(np.linalg.norm(way[:2]))
        ahead = way[:2] / max(left, 1e-9)
        if self._let_go(left, seen.velocities["object"]):
            near = 1 - fade(
                float(np.linalg.norm(seen.tip - box)), self.task.behind, 1.2 * self.task.behind
            )
            # No lower than it pushed: what imitates this must not come to rest on the floor.
            sunk = min(seen.tip[2] - self.task.table.floor - self.task.height, 0.0)
            return Waypoint(seen.tip - [*(near * self._retreat * ahead), sunk])
        behind = box[:2] - self.task.behind * ahead
        up = fade(seen.tip[2] - self.task.table.floor - self.task.height, 0.008, 0.025)
        if left < NEAR_ENOUGH * self.task.tolerance and up > 0.5:
            # Not to stay: where it would come down for another push is no place to rest.
            return Waypoint(self._rise(seen.tip))
        low = self._push(seen.tip, box, ahead, left)
        return Waypoint((1 - up) * low + up * self._come_down(seen.tip, behind))

    def _push(self, tip: Array, box: Array, ahead: Array, left: float) -> Array:
        """Return where to go near the floor: along the line to the goal, or up beside the box."""
        offset = (tip - box)[:2]
        along = float(offset @ ahead)
        aside = offset - along * ahead
        off = float(np.linalg.norm(aside))
        apart = fade(off, *self._beside)
        stroke = (1 - apart) * self._stroke(left) - apart * self._back * self.task.table.scale
        push = tip[:2] + stroke * ahead - aside
        placed = (1 - fade(off, 0.03, 0.05)) * fade(
            -along, 0.3 * self.task.object.width, 0.45 * self.task.object.width
        )
        return placed * self._at(push) + (1 - placed) * self._rise(tip)

    def _rise(self, tip: Array) -> Array:
        """Return the point over ``tip`` from which all objects are passed over."""
        return self.task.table.above(tip[:2], self.task.over)

    def _come_down(self, tip: Array, behind: Array) -> Array:
        """Return where to go above the floor: over the place behind the box, then down."""
        away = float(np.linalg.norm(tip[:2] - behind))
        height = self.task.height + fade(away, 0.01, 0.04) * (self.task.over - self.task.height)
        clear = fade(tip[2] - self.task.table.floor, self.task.over - 0.03, self.task.over - 0.01)
        free = max(clear, 1 - fade(away, 0.03, 0.05))
        return self.task.table.above(tip[:2] + free * (behind - tip[:2]), height)

    def _let_go(self, left: float, velocity: Array) -> bool:
        """Say whether the object needs no more push with ``left`` m to go."""
        return left < NEAR * self.task.tolerance

    def _stroke(self, left: float) -> float:
        """Return how far ahead of the tip the push aims, m."""
        return left

    def _at(self, xy: Array) -> Array:
        return self.task.table.above(xy, self.task.height)


class SlideScript(PushScript):
    """Strike the box so hard that it comes to rest at the goal."""

    looks_ahead = False  # a strike is over before it could
    _retreat = 0.1
    _back = 0.0
    _beside = (0.004, 0.015)

    def _let_go(self, left: float, velocity: Array) -> bool:
        speed = float(np.linalg.norm(velocity))
        friction = self.task.object.friction * self.task.floor_friction
        coast = speed**2 / (2 * friction * GRAVITY)
        return coast > left or left < NEAR_ENOUGH * self.task.tolerance

    def _stroke(self, left: float) -> float:
        # No faster than it takes to get there: a second strike is a gentle one.
        slowing = self.task.object.friction * self.task.floor_friction * GRAVITY
        return 0.16 * float(np.sqrt(2 * slowing * left))
