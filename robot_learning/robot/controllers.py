"""Controllers of ros2_control that a running robot has."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from robot_learning.robot.schema import ControllerType


class Heard(NamedTuple):
    """A controller that listens on a topic.

    Attributes:
        type: of the controller.
        topic: that it listens to.
        joints: that it moves; empty where it did not say.
    """

    type: ControllerType
    topic: str
    joints: tuple[str, ...]


def controller_of(joints: Collection[str], heard: Sequence[Heard]) -> Heard | None:
    """Return the controller that moves these joints, or the only one; None where none does."""
    for controller in sorted(heard, key=lambda one: one.type != "joint_trajectory_controller"):
        if set(joints) <= set(controller.joints):
            return controller
    silent = [controller for controller in heard if not controller.joints]
    return silent[0] if len(silent) == 1 == len(heard) else None
