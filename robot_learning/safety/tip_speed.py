"""The speed of the tip."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.kinematics.chain import jacobian_of, link_poses, pose_links_along, tip_jacobian
from robot_learning.safety.motion import fastest_turn, sample
from robot_learning.safety.qp import Cut
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
TOLERANCE = 1e-6  # m/s
LOOKS = 0.25  # control periods between two looks at a motion


class TipSpeed:
    """The tip stays below a speed all along the motion, the stop included.

    Looks are at most a quarter of a control period apart where it could be too fast. A tip
    that is too fast already may not be faster.

    Args:
        arm: the bodies.
        reduced: keep the reduced speed instead of the full one.

    Attributes:
        fastest: of the tip along the motion checked last, m/s.
    """

    def __init__(self, arm: ArmBodies, *, reduced: bool = False) -> None:
        self.reduced = reduced
        self._arm = arm
        self._tip = arm.bodies[-1].points[0]
        self._lever = arm.lever(len(arm.bodies) - 1)
        self.fastest = 0.0

    @property
    def limit(self) -> float:
        """The speed in force, m/s."""
        settings = self._arm.spec.safety
        return settings.reduced_tip_speed if self.reduced else settings.tip_speed

    def check(self, motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
        """See :class:`~robot_learning.safety.check.Check`."""
        screws = self._arm.screws
        step, limit, lever = self.tables()
        at, speed = fastest_tip(
            motion.times,
            motion.q,
            motion.qd,
            pose_links_along(motion.q, screws),
            step,
            screws,
            self._tip,
            lever,
            limit,
        )
        self.fastest = speed
        if at < 0:
            return ()
        q, qd = motion.sample(at)
        J = tip_jacobian(q, screws, self._tip)[:3]
        along = J @ qd / speed
        # Beyond the period, a joint that still brakes has lost the same, whatever it began with.
        moving = qd != 0.0
        normal = -(along @ J) * moving
        return [Cut(normal, normal @ given + speed - 0.999 * self.limit, Cause.TIP_SPEED)]

    def tables(self) -> tuple[float, float, Array]:
        """Return what :func:`fastest_tip` is to be given: step, limit and levers."""
        return LOOKS * self._arm.spec.control_period, self.limit + TOLERANCE, self._lever

    def margins(self) -> dict[str, float]:
        """See :class:`~robot_learning.safety.check.Check`; m/s."""
        return {Cause.TIP_SPEED.value: self.limit - self.fastest}


@compiled
def fastest_tip(
    times: Array,
    q: Array,
    qd: Array,
    poses: Array,
    step: float,
    screws: Array,
    tip: Array,
    lever: Array,
    limit: float,
) -> tuple[float, float]:
    """Return the time of the highest speed above the limit, or -1, and the highest speed, m/s.

    Looks at each knot and, where the tip could pass the limit between two of them, there as well.
    ``poses`` (m, n + 1, 3, 4) are those of the links at the knots.
    """
    worst, highest = -1.0, 0.0
    before = _speed(poses[0], qd[0], screws, tip)
    limit = max(limit, before)
    for i in range(1, q.shape[0]):
        length, after = times[i] - times[i - 1], _speed(poses[i], qd[i], screws, tip)
        most = max(before, after) + fastest_turn(qd, i, length, lever) * length / 2
        looks = max(int(np.ceil(length / step - 1e-6)), 1) if most > limit else 1
        for j in range(1, looks + 1):
            t, speed = times[i - 1] + j * length / looks, after
            if j < looks:
                between = sample(times, q, qd, t)
                speed = _speed(link_poses(between[0], screws), between[1], screws, tip)
            highest = max(highest, speed)
            if speed > limit:
                worst, limit = t, speed
        before = after
    return worst, highest


@compiled
def _speed(poses: Array, qd: Array, screws: Array, tip: Array) -> float:
    """Return the speed of the tip, m/s, with links moved by ``poses`` (n + 1, 3, 4)."""
    J = jacobian_of(poses, screws, tip)
    square = 0.0
    for r in range(3):
        speed = 0.0
        for k in range(qd.shape[0]):
            speed += J[r, k] * qd[k]
        square += speed * speed
    return np.sqrt(square)
