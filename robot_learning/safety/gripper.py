"""The gripper's part of a command: in its range, no faster than it moves, kept through a stop."""

from robot_learning.robot.gripper import Gripper


class GripperRamp:
    """Follows the openings asked for at the gripper's own pace.

    Attributes:
        opening: where the gripper is sent, 0 closed to 1 open; None before the first command.
    """

    def __init__(self, gripper: Gripper | None) -> None:
        self._pace = 0.0 if gripper is None else 1.0 / gripper.time
        self.opening: float | None = None

    def follow(self, asked: float | None, dt: float) -> None:
        """Move toward ``asked`` for ``dt`` s; None stays, and so does what holds something."""
        if asked is None or not self._pace:
            return
        asked = min(max(asked, 0.0), 1.0)
        if self.opening is None:
            self.opening = asked
        step = self._pace * dt
        self.opening += min(max(asked - self.opening, -step), step)
