"""A gripper: joints that open and close together, told by one number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot.types import frozen_array

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Gripper:
    """Joints outside the chain that move from closed (opening 0) to open (opening 1) together.

    Attributes:
        joints: names of the k joints; where the URDF makes one mimic another, both are here.
        open: (k,) positions when open, rad or m.
        closed: (k,) positions when closed, rad or m.
        width: clear distance between the fingers when open, m.
        force: largest force or torque at each joint, N or N m.
        time: from closed to open, s.
    """

    joints: tuple[str, ...]
    open: Array
    closed: Array
    width: float
    force: float
    time: float

    def positions(self, opening: float) -> Array:
        """Return the joint positions (k,) at an opening in [0, 1], rad or m."""
        return self.closed + opening * (self.open - self.closed)

    def opening(self, positions: Array) -> float:
        """Return the opening that joint positions (k,) stand for, the mean over the joints."""
        return float(np.mean((positions - self.closed) / (self.open - self.closed)))

    def contract(self) -> dict[str, Any]:
        """Return what a policy trained with this gripper depends on, ready for JSON."""
        return {
            "joints": list(self.joints),
            "open": self.open.tolist(),
            "closed": self.closed.tolist(),
            "time": self.time,
        }

    @classmethod
    def of(
        cls, ends: Mapping[str, tuple[float, float]], width: float, force: float, time: float
    ) -> "Gripper":
        """Return the gripper whose joints have these ``(open, closed)`` positions."""
        opened, closed = zip(*ends.values(), strict=True)
        return cls(tuple(ends), frozen_array(opened), frozen_array(closed), width, force, time)
