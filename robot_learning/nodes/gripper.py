"""How far a gripper is open, from joint states."""

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from robot_learning.base.types import Input
from robot_learning.nodes.clock import NodeTime
from robot_learning.robot.gripper import Gripper

Array = NDArray[np.float64]


class GripperState:
    """Takes joint states with any of a gripper's joints; those never told follow the others.

    Args:
        gripper: whose joints are looked for.
        clock: the node's time.

    Attributes:
        opening: (1,) 0 closed to 1 open, and when it was measured; None before the first.
    """

    def __init__(self, gripper: Gripper, clock: NodeTime) -> None:
        self._gripper, self._clock = gripper, clock
        self._positions = np.full(len(gripper.joints), np.nan)
        self.opening: Input | None = None

    def hear(self, message: JointState) -> None:
        """Take over what a message tells of the gripper; not a number is passed over."""
        told = dict(zip(message.name, message.position, strict=False))
        heard = np.array([told.get(name, np.nan) for name in self._gripper.joints])
        fresh = np.isfinite(heard)
        if not fresh.any():
            return
        self._positions[fresh] = heard[fresh]
        opening = self._gripper.opening(self._positions)
        self.opening = Input(np.array([opening]), self._clock.seconds(message.header.stamp))

    def fraction(self) -> float | None:
        """Return the opening as a number in [0, 1], or None before the first."""
        return None if self.opening is None else float(np.clip(self.opening.value[0], 0.0, 1.0))
