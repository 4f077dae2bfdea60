"""Copies of what was shown: turned about the vertical, mirrored, moved over the floor.

An arm that stands upright and is told how its tip is to move does the same in every direction
and at every place: what was shown once is so shown everywhere. Copies are turned about the middle
of what was shown, so that they lie where the arm works. How far it reaches is not the same
everywhere; a copy may well show what no arm could do there.
"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.policy import Interface
from robot_learning.policy.terms import TERMS

Batch = NDArray[np.float32]
MOVED = 0.1  # m that a copy is moved by at most, along x and along y


class Symmetry:
    """Makes copies for one interface.

    Args:
        interface: with an action mode of the tip, and terms that know how they turn.
    """

    def __init__(self, interface: Interface) -> None:
        slices = interface.term_slices()
        self._pairs = np.array(
            [slices[name].start + at for name in interface.terms for at in TERMS[name].pairs or ()]
        )
        self._moved = np.array(
            [slices[name].start for name in interface.terms if TERMS[name].moves]
        )

    @staticmethod
    def lacking(interface: Interface) -> str:
        """Say what of an interface does not turn with the scene; empty where everything does."""
        if interface.action_mode == "joint_velocity":
            return f"action_mode {interface.action_mode}"
        return ", ".join(name for name in interface.terms if TERMS[name].pairs is None)

    def middle(self, seen: Batch) -> list[float]:
        """Return the mean x and y of all positions in observations (b, n_obs), m."""
        return [float(seen[:, self._moved + axis].mean()) for axis in (0, 1)]

    def copies(
        self, seen: Batch, actions: Batch, middle: list[float], rng: np.random.Generator
    ) -> tuple[Batch, Batch]:
        """Return a copy of each observation (b, n_obs) with its action (b, n_action)."""
        count = len(seen)
        angle, mirror = rng.uniform(-np.pi, np.pi, (count, 1)), rng.choice([-1, 1], (count, 1))
        cos, sin = np.cos(angle), np.sin(angle)
        seen, actions = seen.copy(), actions.copy()
        for axis in (0, 1):
            seen[:, self._moved + axis] -= middle[axis]
        for values, pairs in ((seen, self._pairs), (actions, np.zeros(1, dtype=np.intp))):
            x, y = values[:, pairs], values[:, pairs + 1] * mirror
            values[:, pairs], values[:, pairs + 1] = cos * x - sin * y, sin * x + cos * y
        for axis in (0, 1):
            moved = rng.uniform(-MOVED, MOVED, (count, 1))
            seen[:, self._moved + axis] += middle[axis] + moved
        return seen, actions
