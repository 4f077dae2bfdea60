"""What a constraint on the whole motion, the stop included, looks like."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.safety.qp import Cut

Array = NDArray[np.float64]


class Check(Protocol):
    """A constraint that a period and the stop behind it must keep."""

    def check(self, motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
        """Return cuts that would have kept the constraint; none where the motion keeps it.

        Args:
            motion: the period to velocity ``given`` and the ramp to rest behind it.
            given: (n,) velocities at the end of the period, rad/s or m/s.
            dt: length of the period, s.
        """

    def margins(self) -> dict[str, float]:
        """Return how far the motion checked last, if kept, is from the limit, by cause."""


# Makes a constraint for an arm.
MakeCheck = Callable[[ArmBodies], Check]
