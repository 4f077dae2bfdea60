"""A goal that an operator has sent, and what became of it."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass
class Attempt:
    """A goal under way: what it tells the policy by name, and times in s.

    ``given_up`` says why the policy no longer pursues it. Of a goal that moves ``path`` holds
    when, s, it was where, m, and ``followed`` how far away the tip was then, m.
    """

    goal: dict[str, Array]
    sent: float
    asked: float = -np.inf
    taken: bool = False
    given_up: str = ""
    inside: float | None = None
    moves_since: float | None = None
    followed: list[float] = field(default_factory=list)
    path: list[list[float]] = field(default_factory=list)

    def record(self, tip: Array, reached: bool, distance: float, seconds: float) -> dict[str, Any]:
        """Return what a session keeps of it, ready for JSON.

        Args:
            tip: (3,) where the tip is in the end, base frame, m.
            reached: whether it was.
            distance: in the end, or its root mean square where the goal moves, m.
            seconds: that it took.
        """
        return {
            "goal": self.goal["goal"].tolist(),
            "tip": tip.tolist(),
            "reached": reached,
            "distance": distance,
            "seconds": seconds,
            "sent": self.sent,
            **({"path": self.path} if self.path else {}),
        }
