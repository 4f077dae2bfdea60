"""Copies of what was shown: turned about the vertical, mirrored, moved over the floor.

An arm that stands upright and is told how its tip is to move does the same in every direction
and at every place: what was shown once is so shown everywhere. Copies are turned about the middle
of what was shown, so that they lie where the arm works. How far it reaches is not the same
everywhere; a copy may well show what no arm could do there.
"""

from typing import NamedTuple

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
        turn = draw(len(seen), rng)
        return self.observed(seen, turn, middle), self.acted(actions, turn)

    def observed(self, seen: Batch, turn: "Turn", middle: list[float]) -> Batch:
        """Return copies of observations (b, n_obs), turned about the middle."""
        seen = seen.copy()
        for axis in (0, 1):
            seen[:, self._moved + axis] -= middle[axis]
        _turned(seen, self._pairs, turn)
        for axis in (0, 1):
            seen[:, self._moved + axis] += middle[axis] + turn.moved[axis]
        return seen

    def acted(self, actions: Batch, turn: "Turn") -> Batch:
        """Return copies of actions (b, n_action)."""
        actions = actions.copy()
        _turned(actions, np.zeros(1, dtype=np.intp), turn)
        return actions


class Turn(NamedTuple):
    """How copies lie, (b, 1) each: cosine, sine, -1 where mirrored; moved along x, y, m."""

    cos: NDArray[np.float64]
    sin: NDArray[np.float64]
    mirror: NDArray[np.int64]
    moved: tuple[NDArray[np.float64], NDArray[np.float64]]


def draw(count: int, rng: np.random.Generator) -> Turn:
    """Draw how ``count`` copies lie."""
    angle, mirror = rng.uniform(-np.pi, np.pi, (count, 1)), rng.choice([-1, 1], (count, 1))
    along_x, along_y = (rng.uniform(-MOVED, MOVED, (count, 1)) for _ in range(2))
    return Turn(np.cos(angle), np.sin(angle), mirror, (along_x, along_y))


def _turned(values: Batch, pairs: NDArray[np.intp], turn: Turn) -> None:
    """Mirror and turn the pairs of values (b, n), in place."""
    x, y = values[:, pairs], values[:, pairs + 1] * turn.mirror
    values[:, pairs], values[:, pairs + 1] = (
        turn.cos * x - turn.sin * y,
        turn.sin * x + turn.cos * y,
    )
