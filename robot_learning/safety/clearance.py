"""Proof that a motion keeps its distances, and the constraint that would have kept them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import Trajectory
from robot_learning.robot.bodies import ArmBodies
from robot_learning.robot.shapes import Shape
from robot_learning.safety.advance import advance, capsule_distances
from robot_learning.safety.motion import sample
from robot_learning.safety.qp import Cut
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
# Aim this share of the margin farther than needed, so that the next look finds it kept.
AIM = 1.05
FROZEN = 1e-4  # m; nearer than this a pair is not moved at all


@dataclass(frozen=True)
class Pair:
    """Two things that are kept apart.

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
        q: (n,) configuration there.
    """

    pair: int
    time: float
    q: Array


class Clearance:
    """All pairs that are kept apart.

    Capsules decide where they can; a pair that they leave in doubt is measured between its
    convex hulls, and the measure is kept for as long as the arm stays near.

    Args:
        arm: the bodies.
        pairs: what is kept apart.
    """

    def __init__(self, arm: ArmBodies, pairs: Sequence[Pair]) -> None:
        self.arm = arm
        self.pairs = sorted(pairs, key=lambda pair: pair.cause.value)
        n, count = arm.spec.n, len(self.pairs)
        shapes = [pair.other for pair in self.pairs if isinstance(pair.other, Shape)]
        unique = list({id(shape): shape for shape in shapes}.values())
        place = {id(shape): -1 - index for index, shape in enumerate(unique)}
        indices = [
            (pair.body, place[id(pair.other)] if isinstance(pair.other, Shape) else pair.other)
            for pair in self.pairs
        ]
        self._indices = np.array(indices, dtype=np.int64).reshape(count, 2)
        self._shapes = np.array([shape.row for shape in unique]).reshape(len(unique), 16)
        self._reach = np.array(
            [arm.reach(pair.body, pair.other) for pair in self.pairs]
        ).reshape(count, n)
        self._full = np.array([pair.margin for pair in self.pairs])
        self._margins, self._careful = self._full.copy(), np.ones(count)
        self._lowered = False
        causes = [pair.cause.value for pair in self.pairs]
        self._causes = list(dict.fromkeys(causes))
        self._starts = [causes.index(cause) for cause in self._causes]
        self._known_q = np.zeros((count, n))
        self._known = np.full(count, -np.inf)
        self.nearest = np.full(count, np.inf)

    def near(self, q: Array) -> list[tuple[Pair, float]]:
        """Return which pairs are nearer than their margins at ``q`` (n,), and how near, m."""
        arm, found = self.arm, []
        distances = capsule_distances(
            q, arm.screws, arm.rows, arm.links, self._indices, self._shapes
        )
        for index in np.flatnonzero(distances < self._full):
            pair = self.pairs[index]
            distance = arm.distance(pair.body, pair.other, q)
            if not distance >= pair.margin:
                found.append((pair, distance))
        return found

    def check(self, motion: Trajectory, given: Array, dt: float) -> Cut | None:
        """Return what would have kept a motion clear, or None where it is; see :class:`Check`."""
        found = self.conflict(motion)
        return None if found is None else self._cut(found, motion, given, dt)

    def conflict(self, motion: Trajectory) -> Conflict | None:
        """Return where a motion comes too near to something first, or None where nowhere.

        A pair that starts nearer than its margin may come no nearer than it is. After None,
        ``nearest`` holds for each pair a distance that it keeps at every look, m.
        """
        arm, t = self.arm, 0.0
        self.nearest.fill(np.inf)
        if self._lowered:
            self._margins[:], self._careful[:], self._lowered = self._full, 1.0, False
        while True:
            t, index = advance(
                motion.times,
                motion.q,
                motion.qd,
                t,
                arm.screws,
                arm.rows,
                arm.links,
                self._indices,
                self._shapes,
                self._reach,
                self._margins,
                self._careful,
                self._known_q,
                self._known,
                self.nearest,
            )
            if index < 0:
                return None
            q, _ = sample(motion.times, motion.q, motion.qd, t)
            pair = self.pairs[index]
            distance = arm.distance(pair.body, pair.other, q)
            self._known_q[index], self._known[index] = q, distance
            if t == 0 and FROZEN < distance < self._margins[index]:
                self._margins[index], self._careful[index], self._lowered = distance, 5.0, True
            elif not distance >= self._margins[index]:
                return Conflict(index, t, q)

    def _cut(self, conflict: Conflict, motion: Trajectory, given: Array, dt: float) -> Cut:
        """Linearise about the motion's end, or about the conflict where that is nearer."""
        pair = self.pairs[conflict.pair]
        end = self.arm.approach(pair.body, pair.other, motion.q[-1])
        here = self.arm.approach(pair.body, pair.other, conflict.q)
        worst, t = here, conflict.time
        if end.distance < here.distance:
            worst, t = end, motion.duration
        if t <= dt:
            sensitivity = np.full(len(given), t * t / (2 * dt))
        else:
            braking = np.abs(given) / self.arm.spec.acceleration
            sensitivity = dt / 2 + np.minimum(t - dt, braking)
        normal = worst.gradient * sensitivity
        wanted = AIM * self._margins[conflict.pair] - worst.distance
        return Cut(normal, wanted + normal @ given, pair.cause)

    def intrudes(self, motion: Trajectory) -> bool:
        """Say whether anything is nearer than its margin to a motion, its start included."""
        return bool(self.near(motion.q[0])) or self.conflict(motion) is not None

    def margins(self) -> dict[str, float]:
        """Return by cause how much farther apart than their margins the nearest pairs are, m."""
        left = np.minimum.reduceat(self.nearest - self._full, self._starts).tolist()
        return dict(zip(self._causes, left, strict=True))
