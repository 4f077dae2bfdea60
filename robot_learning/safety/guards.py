"""All constraints on the motion of the arm as a whole: clearance, tip speed, singularity."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Box, Solid
from robot_learning.safety import collision
from robot_learning.safety.check import Check, MakeCheck
from robot_learning.safety.clearance import FROZEN, Clearance, Pair
from robot_learning.safety.proof import Examined, examine
from robot_learning.safety.qp import Cut
from robot_learning.safety.singularity import Singularity
from robot_learning.safety.status import Cause
from robot_learning.safety.tip_speed import TipSpeed

Array = NDArray[np.float64]


class Guards:
    """What a period and its stop must keep besides the joint limits.

    Args:
        spec: the robot.
        reduced_speed: keep the tip below the reduced speed.
        checks: what makes further constraints.

    Attributes:
        excluded: pairs of links that nothing keeps apart, and why.

    Raises:
        ConfigError: where the arm at home breaks a constraint already.
    """

    def __init__(
        self, spec: RobotSpec, *, reduced_speed: bool = False, checks: Sequence[MakeCheck] = ()
    ) -> None:
        self.spec = spec
        self.arm = ArmBodies(spec)
        zones = [*collision.workspace(self.arm), *collision.keep_out(self.arm)]
        own, self.excluded = collision.self_collision(self.arm)
        self._fixed = [*own, *zones]
        self.solids = tuple(spec.safety.scene)
        self._scene = collision.scene_collision(self.arm, self.solids)
        self.clearance = Clearance(self.arm, [*self._fixed, *self._scene])
        self._tip_speed = TipSpeed(self.arm, reduced=reduced_speed)
        self.singularity = Singularity(self.arm)
        self._further = [make(self.arm) for make in checks]
        self._others: list[Check] = [self._tip_speed, self.singularity, *self._further]

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The moving links that have no collision geometry, so that nothing guards them."""
        return self.arm.without_geometry

    @property
    def reduced_speed(self) -> bool:
        """Whether the tip is kept below the reduced speed."""
        return self._tip_speed.reduced

    @reduced_speed.setter
    def reduced_speed(self, on: bool) -> None:
        self._tip_speed.reduced = on

    @property
    def fastest_tip(self) -> float:
        """The speed limit of the tip in force, m/s."""
        return self._tip_speed.limit

    def check(self, motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
        """See :class:`~robot_learning.safety.check.Check`."""
        examined = examine(motion.times, motion.q, motion.qd, *self.tables())
        return self.broken(motion, given, dt, examined)

    def broken(
        self, motion: Trajectory, given: Array, dt: float, examined: Examined
    ) -> Sequence[Cut]:
        """Return what :meth:`check` does of a motion that :func:`examine` has looked at."""
        t, pair, kept, speed, smallest = examined
        checks: Sequence[Check] = self._others
        broken: Sequence[Cut] = ()
        if kept:
            self._tip_speed.fastest, self.singularity.smallest = speed, smallest
            checks = self._further
        elif pair >= 0:
            broken = self.clearance.check(motion, given, dt, (t, pair))
        for other in checks:
            if broken:
                break
            broken = other.check(motion, given, dt)
        return broken

    def tables(self) -> tuple[Any, ...]:
        """Return what :func:`examine` is to be given for a new motion."""
        return (
            *self.clearance.tables(),
            *self._tip_speed.tables(),
            *self.singularity.tables(),
        )

    def compile(self, motion: Trajectory, dt: float) -> None:
        """Run once, on any motion, what else only a constraint that is broken calls."""
        self.clearance.compile(motion, dt)
        self._tip_speed.check(motion, motion.qd[0], dt)
        self.singularity.check(motion, motion.qd[0], dt)
        self.singularity.value(motion.q[0])

    def is_free(self, q: Array) -> bool:
        """Say whether the arm at ``q`` (n,) keeps all its distances."""
        return not self.clearance.near(np.asarray(q))

    def obstacle(self, motion: Trajectory) -> str:
        """Name what a motion comes too near to first, and how near; empty where to nothing.

        What is nearer than its margin at the start may come no nearer.
        """
        found = self.clearance.conflict(motion)
        if found is None:
            return ""
        return self._describe(self.clearance.pairs[found.pair], found.approach.distance)

    def margins(self) -> Callable[[], dict[str, float]]:
        """Return what tells how far the motion checked last is from each limit, by cause.

        It may be asked when others have been checked.
        """
        clear = self.clearance.margins()
        others = [other.margins() for other in self._others]
        return lambda: {k: v for found in (clear(), *others) for k, v in found.items()}

    def set_scene(self, solids: Sequence[Solid], motion: Trajectory | None) -> bool:
        """Replace the scene and say whether something new is too near to ``motion``."""
        known = {solid.model_dump_json() for solid in self.solids}
        new = {solid.name for solid in solids if solid.model_dump_json() not in known}
        told = [solid for solid in solids if solid not in self.spec.safety.scene]
        scene = collision.scene_collision(self.arm, solids, told=told, at_home=False)
        self.solids, self._scene = tuple(solids), scene
        self.clearance = Clearance(self.arm, [*self._fixed, *scene])
        if motion is None or not new:
            return False
        fresh = [pair for pair in scene if _name(pair) in new]
        return Clearance(self.arm, fresh).intrudes(motion)

    def confine(self, box: Box) -> None:
        """Keep the tip in a further box, from the next motion on.

        A tip that is outside comes no farther out.
        """
        self._fixed += collision.confinement(self.arm, box)
        self.clearance = Clearance(self.arm, [*self._fixed, *self._scene])

    def forget(self) -> None:
        """Drop what earlier motions taught, so that equal motions end equally."""
        self.clearance.forget()

    def refuse_contact(self, q: Array) -> None:
        """Refuse to start where the arm touches something.

        Raises:
            SafetyError: naming what touches at ``q`` (n,).
        """
        for pair, distance in self.clearance.near(q):
            if pair.cause in (Cause.SELF_COLLISION, Cause.SCENE_COLLISION) and distance <= 0:
                raise SafetyError(f"the filter can't start: {self._describe(pair, distance)}")

    def too_near(self, q: Array) -> str:
        """Name the pair that is farthest within its margin at ``q`` (n,); empty for none."""
        found = self.clearance.near(q)
        if not found:
            return ""
        pair, distance = min(found, key=lambda item: item[1] - item[0].margin)
        return f"{self._describe(pair, distance)}, and the margin is {pair.margin * 1e3:.1f} mm"

    def release(self, q: Array) -> list[Pair]:
        """Keep no longer apart what touches at ``q`` (n,), and return it.

        Setting a scene takes that back.
        """
        touching = [pair for pair, distance in self.clearance.near(q) if distance <= FROZEN]
        kept = [pair for pair in self.clearance.pairs if pair not in touching]
        self.clearance = Clearance(self.arm, kept)
        return touching

    def refuse_intrusion(self, q: Array) -> None:
        """Refuse to resume where something of the scene is nearer than its margin.

        Raises:
            SafetyError: naming what is near at ``q`` (n,).
        """
        for pair, distance in self.clearance.near(q):
            if pair.cause is Cause.SCENE_COLLISION:
                what = self._describe(pair, distance)
                raise SafetyError(f"resume refused: {Cause.INTRUSION.value}: {what}")

    def _describe(self, pair: Pair, distance: float) -> str:
        name = self.arm.bodies[pair.body].name
        return f"{name} is {distance * 1e3:.1f} mm from {self._other(pair)}"

    def _other(self, pair: Pair) -> str:
        return self.arm.bodies[pair.other].name if isinstance(pair.other, int) else pair.other.name


def _name(pair: Pair) -> str:
    return "" if isinstance(pair.other, int) else pair.other.name
