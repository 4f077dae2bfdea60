"""Proof that a motion keeps its distances, and the constraint that would have kept them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import Approach, ArmBodies
from robot_learning.geometry.distance import HALF_SPACE
from robot_learning.geometry.shapes import Shape
from robot_learning.kinematics.chain import pose_links_along
from robot_learning.safety.advance import (
    PAIR,
    SHARE,
    advance,
    capsule_distances,
    distance_at,
    nearest_knot,
)
from robot_learning.safety.motion import sample
from robot_learning.safety.qp import Cut
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
Table = NDArray[np.void]
Doubt = tuple[float, int]  # when a pair may be too near, s from the start of a motion; which
# Aim this share of the margin farther than needed, so that the next look finds it kept.
AIM = 1.05
FROZEN = 1e-4  # m; nearer than this a pair is not moved at all


@dataclass(frozen=True)
class Pair:
    """Two objects that are kept apart.

    Attributes:
        body: index of a body of the arm.
        other: index of another one, or a shape.
        margin: distance kept, m.
        cause: what to report where it limits the motion.
    """

    body: int
    other: int | Shape
    margin: float
    cause: Cause


@dataclass(frozen=True)
class Conflict:
    """Where a motion brings a pair nearer than its margin.

    Attributes:
        pair: index of the pair.
        time: s from the start of the motion.
        approach: of the pair there.
    """

    pair: int
    time: float
    approach: Approach


class Clearance:
    """All pairs that are kept apart.

    Capsules decide where they can. A pair that they leave in doubt is measured between its
    convex hulls along the direction of its shortest connection when that was last looked for;
    only where that is too short it is looked for again.

    Args:
        arm: the bodies.
        pairs: what is kept apart.
    """

    def __init__(self, arm: ArmBodies, pairs: Sequence[Pair]) -> None:
        self.arm = arm
        self.pairs = sorted(pairs, key=lambda pair: _room_at_home(arm, pair))
        shapes = [pair.other for pair in self.pairs if isinstance(pair.other, Shape)]
        unique = list({id(shape): shape for shape in shapes}.values())
        self._shapes = np.array([shape.row for shape in unique]).reshape(len(unique), 16)
        place = {id(shape): -1 - index for index, shape in enumerate(unique)}
        self._causes = sorted({pair.cause.value for pair in self.pairs})
        self._table = np.zeros(len(self.pairs), dtype=PAIR)
        for row, pair in zip(self._table, self.pairs, strict=True):
            other = place[id(pair.other)] if isinstance(pair.other, Shape) else pair.other
            row["body"], row["other"], row["margin"] = pair.body, other, pair.margin
            row["cause"] = self._causes.index(pair.cause.value)
        reach = [arm.reach(pair.body, pair.other) for pair in self.pairs]
        self._reach = np.array(reach).reshape(len(self.pairs), arm.spec.n)
        self._tables = arm.screws, arm.table, arm.points, self._table, self._shapes
        self._full = self._table["margin"].copy()
        first = [_first_direction(pair) for pair in self.pairs]
        self._first = np.array(first).reshape(len(self.pairs), 1, 3)
        self._room, self._lowered = np.full(len(self._causes), np.inf), False
        self.forget()

    def forget(self) -> None:
        """Drop the directions found so far."""
        self._table["directions"] = self._first

    def near(self, q: Array) -> list[tuple[Pair, float]]:
        """Return which pairs are nearer than their margins at ``q`` (n,), and how near, m."""
        arm, found = self.arm, []
        distances = capsule_distances(q, arm.screws, arm.table, self._table, self._shapes)
        for index in np.flatnonzero(distances < self._full):
            pair = self.pairs[index]
            distance = arm.distance(pair.body, pair.other, q)
            if not distance >= pair.margin:
                found.append((pair, distance))
        return found

    def check(self, motion: Trajectory, given: Array, dt: float, doubt: Doubt) -> Sequence[Cut]:
        """Return cuts that keep the first pair off that comes too near, or none.

        Args:
            motion: as for a :class:`~robot_learning.safety.check.Check`.
            given: the same.
            dt: the same.
            doubt: what :func:`advance` found in a motion with the tables as they are.
        """
        found = self._conflict(motion, doubt)
        return () if found is None else self._cuts(found, motion, given, dt)

    def conflict(self, motion: Trajectory) -> Conflict | None:
        """Return where a motion comes too near to something first, or None where nowhere.

        A pair that starts nearer than its margin may come no nearer than it is.
        """
        self._begin()
        self._room.fill(np.inf)
        return self._conflict(motion, self._advance(motion, 0))

    def _conflict(self, motion: Trajectory, doubt: Doubt) -> Conflict | None:
        seen: set[Doubt] = set()
        t, index = doubt
        while index >= 0:
            row = self._table[index]
            q, _ = sample(motion.times, motion.q, motion.qd, t)
            approach = self._look(index, q)
            if (t, index) in seen:
                return Conflict(index, t, approach)
            seen.add((t, index))
            if t == 0 and FROZEN < approach.distance < row["margin"]:
                row["margin"], self._lowered = approach.distance, True
            elif not approach.distance >= SHARE * row["margin"]:
                return Conflict(index, t, approach)
            # Look again from the knot before, with the direction found.
            first = max(int(np.searchsorted(motion.times, t)) - 1, 0)
            t, index = self._advance(motion, first)
        return None

    def _advance(self, motion: Trajectory, first: int) -> Doubt:
        """Look at a motion from a knot on, by the tables as they are."""
        poses = pose_links_along(motion.q, self.arm.screws)
        tables = *self._tables, self._reach, self._room
        return advance(motion.times, motion.q, motion.qd, poses, first, *tables)

    def tables(self) -> tuple[Array, Table, Array, Table, Array, Array, Array]:
        """Return what :func:`advance` is to be given for a new motion; the room is as it was."""
        self._begin()
        return *self._tables, self._reach, self._room

    def _begin(self) -> None:
        """Forget what was lowered for the motion before."""
        if self._lowered:
            self._table["margin"], self._lowered = self._full, False

    def _look(self, index: int, q: Array) -> Approach:
        """Find the direction of a pair at ``q`` (n,), and how near it is along the best one."""
        pair, row = self.pairs[index], self._table[index]
        found = self.arm.approach(pair.body, pair.other, q)
        if not _is_flat(pair.other):
            directions = row["directions"]
            directions[1:] = directions[:-1].copy()
            directions[0] = found.direction
        return Approach(distance_at(q, index, *self._tables), found.gradient, found.direction)

    def _cuts(self, conflict: Conflict, motion: Trajectory, given: Array, dt: float) -> list[Cut]:
        """Linearise about the conflict, and about the knot where the pair is nearest."""
        index = conflict.pair
        knot = nearest_knot(motion.q, index, *self._tables)
        looks = [(conflict.time, conflict.approach)]
        if motion.times[knot] != conflict.time:
            looks.append((float(motion.times[knot]), self._look(index, motion.q[knot])))
        braking, cuts = np.abs(given) / self.arm.spec.acceleration, []
        for t, approach in looks:
            # How far the velocities given have moved the joints by then, for each rad/s.
            moved = t * t / (2 * dt) if t <= dt else dt / 2 + np.minimum(t - dt, braking)
            normal = approach.gradient * moved
            missing = AIM * self._table["margin"][index] - approach.distance
            cuts.append(Cut(normal, missing + normal @ given, self.pairs[index].cause))
        return cuts

    def compile(self, motion: Trajectory, dt: float) -> None:
        """Run once, on any motion, what else only a pair that is too near calls."""
        q = sample(motion.times, motion.q, motion.qd, 0.0)[0]
        kinds = {isinstance(pair.other, Shape): at for at, pair in enumerate(self.pairs)}
        for index in kinds.values():
            self._cuts(Conflict(index, 0.0, self._look(index, q)), motion, motion.qd[0], dt)
        self.conflict(motion)

    def intrudes(self, motion: Trajectory) -> bool:
        """Say whether anything is nearer than its margin to a motion, its start included."""
        return bool(self.near(motion.q[0])) or self.conflict(motion) is not None

    def margins(self) -> Callable[[], dict[str, float]]:
        """Return what tells by cause how much farther apart than their margins pairs are, m.

        It tells of the motion looked at last, also when others have been.
        """
        room = self._room.copy()
        return lambda: dict(zip(self._causes, room.tolist(), strict=True))


def _room_at_home(arm: ArmBodies, pair: Pair) -> float:
    """Return what a pair keeps beyond its margin at home, m.

    Once the nearest is known, cheap bodies show of the others that they are farther.
    """
    return arm.distance(pair.body, pair.other, arm.spec.home) - pair.margin


def _is_flat(other: int | Shape) -> bool:
    return isinstance(other, Shape) and int(other.row[0]) == HALF_SPACE


def _first_direction(pair: Pair) -> Array:
    """Return the direction (3,) into a half-space; to anything else, any until one is needed."""
    if isinstance(pair.other, Shape) and _is_flat(pair.other):
        return -pair.other.row[1:4]
    return np.array([1.0, 0.0, 0.0])
