"""The speed of the tip."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import Trajectory
from robot_learning.robot.bodies import ArmBodies
from robot_learning.robot.chain import tip_jacobian
from robot_learning.robot.compiled import compiled
from robot_learning.safety.qp import Cut
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
TOLERANCE = 1e-6  # m/s


class TipSpeed:
    """The tip stays below a speed at every knot of the motion, the stop included.

    Knots are at most a control period apart. A tip that is too fast already may not be faster.

    Args:
        arm: the bodies.
        reduced: keep the reduced speed instead of the full one.
    """

    def __init__(self, arm: ArmBodies, *, reduced: bool = False) -> None:
        self.reduced = reduced
        self._arm = arm
        self._tip = arm.bodies[-1].points[0]
        self._fastest = 0.0

    @property
    def limit(self) -> float:
        """The speed in force, m/s."""
        settings = self._arm.spec.safety
        return settings.reduced_tip_speed if self.reduced else settings.tip_speed

    def check(self, motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
        """See :class:`~robot_learning.safety.check.Check`."""
        screws = self._arm.screws
        knot, speed = _fastest(motion.q, motion.qd, screws, self._tip, self.limit + TOLERANCE)
        self._fastest = speed
        if knot < 0:
            return ()
        J = tip_jacobian(motion.q[knot], screws, self._tip)
        along = J @ motion.qd[knot] / speed
        # Beyond the period, a joint that still brakes has lost the same, whatever it began with.
        moving = motion.qd[knot] != 0.0
        normal = -(along @ J) * moving
        return [Cut(normal, normal @ given + speed - 0.999 * self.limit, Cause.TIP_SPEED)]

    def margins(self) -> dict[str, float]:
        """See :class:`~robot_learning.safety.check.Check`; m/s."""
        return {Cause.TIP_SPEED.value: self.limit - self._fastest}


@compiled
def _fastest(q: Array, qd: Array, screws: Array, tip: Array, limit: float) -> tuple[int, float]:
    """Return the fastest knot above the limit, or -1, and the highest speed, m/s."""
    worst, highest = -1, 0.0
    for i in range(q.shape[0]):
        J = tip_jacobian(q[i], screws, tip)
        square = 0.0
        for r in range(3):
            speed = 0.0
            for k in range(q.shape[1]):
                speed += J[r, k] * qd[i, k]
            square += speed * speed
        speed = np.sqrt(square)
        if i == 0:
            limit = max(limit, speed)
        else:
            highest = max(highest, speed)
            if speed > limit:
                worst, limit = i, speed
    return worst, highest
