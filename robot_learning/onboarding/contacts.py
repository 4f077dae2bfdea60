"""Which parts of an arm can touch each other or the floor, and how far apart they get."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.geometry.bodies import TIP, ArmBodies
from robot_learning.geometry.shapes import Shape, shape_of
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid

Array = NDArray[np.float64]
LOOKS = 60  # configurations that show how far apart a pair gets
ROOM = 2.0  # margins that are kept at home
MOSTLY = 0.9  # share of configurations from which a pair touches nearly always
OFF_FLOOR = 1.2  # margins that everything can keep from the floor


class Pair(NamedTuple):
    """Two bodies, or a body and the floor.

    Attributes:
        first: number of a body.
        second: number of another, or the floor.
        room: distance that home is to keep, m; 0 where they always touch.
    """

    first: int
    second: "int | Shape"
    room: float


class Surroundings:
    """The pairs of an arm that home keeps apart.

    Attributes:
        arm: the bodies.
        pairs: what is kept apart; none that always touch.
        sunk: how far the floor would have to be lower for all to keep off it somewhere, m.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self.arm = ArmBodies(spec)
        floor = shape_of(Solid(name="floor", half_space=(0, 0, 1), xyz=(0, 0, spec.safety.floor)))
        bodies = self.arm.bodies
        own = [
            (i, j)
            for i, first in enumerate(bodies)
            for j, second in enumerate(bodies)
            if second.link > first.link + 1
            and TIP not in (first.name, second.name)
            and not _allowed(spec, first.name, second.name)
        ]
        grounded: list[tuple[int, int | Shape]] = [
            (i, floor) for i, body in enumerate(bodies) if body.link > 0
        ]
        rng = np.random.default_rng(1)
        looks = self._looks = rng.uniform(spec.soft_lower, spec.soft_upper, (LOOKS, spec.n))
        margin = spec.safety.collision_margin
        apart = [self._apart(i, floor, looks) for i, _ in grounded]
        self.sunk = max(0.0, OFF_FLOOR * margin - min(apart, default=np.inf))
        apart += [self._apart(i, j, looks) for i, j in own]
        self.pairs = [
            Pair(i, other, min(ROOM * margin, most / 2))
            for (i, other), most in zip([*grounded, *own], apart, strict=True)
            if most > 0
        ]

    def _apart(self, first: int, second: "int | Shape", looks: Array) -> float:
        """Return how far apart two get, m; no more than what is enough."""
        enough = 2 * ROOM * self.arm.spec.safety.collision_margin
        most = -np.inf
        for q in looks:
            most = max(most, self.arm.distance(first, second, q))
            if most >= enough:
                break
        return most

    def touching(self, q: Array) -> Pair | None:
        """Return a pair that is nearer at ``q`` (n,) than home should have it, or None."""
        for number, pair in enumerate(self.pairs):
            if self.arm.distance(pair.first, pair.second, q) < pair.room:
                # What touched last is likely to touch next.
                self.pairs.insert(0, self.pairs.pop(number))
                return pair
        return None

    def mostly_touching(self) -> list[list[str]]:
        """Return the names of links that touch each other in nearly all configurations."""
        found = []
        for pair in self.pairs:
            if not isinstance(pair.second, Shape):
                near = [self.arm.distance(pair.first, pair.second, q) for q in self._looks]
                if np.mean(np.array(near) <= 0) >= MOSTLY:
                    found.append(list(self.names(pair)))
        return found

    def names(self, pair: Pair) -> tuple[str, str]:
        """Return the names of a pair."""
        second = pair.second
        other = second.name if isinstance(second, Shape) else self.arm.bodies[second].name
        return self.arm.bodies[pair.first].name, other


def lowest(spec: RobotSpec) -> float | None:
    """Return the height of the lowest point that does not move, base frame, m."""
    bodies = [body for body in ArmBodies(spec).bodies if body.link == 0 and body.name != TIP]
    return min((float(body.points[:, 2].min()) - body.radius for body in bodies), default=None)


def _allowed(spec: RobotSpec, first: str, second: str) -> bool:
    pairs: Sequence[tuple[str, str]] = spec.safety.may_touch
    return (first, second) in pairs or (second, first) in pairs
