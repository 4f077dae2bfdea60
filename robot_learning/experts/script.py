"""What a script that solves a task is told, and what it answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """What a script may look at.

    Attributes:
        tip: (3,) position of the tip, base frame, m.
        inputs: what the task and the objects give, by name, base frame.
        velocities: (3,) of the inputs that are positions, over the last policy period, m/s.
    """

    tip: Array
    inputs: Mapping[str, Array]
    velocities: Mapping[str, Array]


@dataclass(frozen=True)
class Waypoint:
    """Where a script would move now.

    Attributes:
        position: (3,) of the tip, base frame, m.
        rotation: (3, 3) of the tip, or None for the one the action mode keeps.
        velocity: (3,) of the waypoint itself, m/s.
        opening: of the gripper, 0 closed to 1 open.
    """

    position: Array
    rotation: Array | None = None
    velocity: Array = field(default_factory=lambda: np.zeros(3))
    opening: float = 0.0


class Script:
    """Says where the tip should go to solve a task; it sees no more than a policy does.

    Attributes:
        task: the task.
        looks_ahead: whether the tip and the objects are taken to be where they will be when a
            command takes effect, and not where they were seen.
    """

    looks_ahead: ClassVar[bool] = True

    def __init__(self, task: Any) -> None:
        self.task = task

    def waypoint(self, seen: Seen) -> Waypoint:
        """Return where to go now."""
        raise NotImplementedError


def fade(value: float, low: float, high: float) -> float:
    """Return 0 up to ``low``, 1 from ``high`` on, and the share of the way between."""
    return min(max(float(value - low) / (high - low), 0.0), 1.0)
