"""How near the arm may come to a configuration in which the tip can't move every way."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.kinematics.chain import jacobian_of, link_poses, pose_links_along, tip_jacobian
from robot_learning.safety.motion import fastest, sample
from robot_learning.safety.qp import Cut
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
STEP = 1e-5  # rad or m, of the finite differences
BETWEEN = 0.5  # share of the limit that is kept between two looks at a motion


class Singularity:
    """The smallest singular value of the tip's linear Jacobian stays above a threshold.

    Motion toward a singular configuration is slowed by the braking distance that it needs, then
    stopped; motion out of one is free. Below the threshold already, it may not fall further.

    Args:
        arm: the bodies.

    Attributes:
        limit: the threshold, m per joint unit.
        smallest: singular value along the motion checked last, m per joint unit.
    """

    def __init__(self, arm: ArmBodies) -> None:
        self._arm = arm
        self._tip = arm.bodies[-1].points[0]
        lever = arm.lever(len(arm.bodies) - 1)
        self.limit = arm.spec.safety.singularity.stop * float(lever.max())
        self._rates = _rates(lever)
        self.smallest = np.inf

    def check(self, motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
        """See :class:`~robot_learning.safety.check.Check`."""
        screws, spec = self._arm.screws, self._arm.spec
        at, smallest, limit = smallest_value(
            motion.times,
            motion.q,
            motion.qd,
            pose_links_along(motion.q, screws),
            self._rates,
            screws,
            self._tip,
            self.limit,
        )
        self.smallest = smallest
        if at < 0:
            return ()
        q = motion.sample(at)[0]
        gradient = np.array(
            [
                (self.value(q + step) - self.value(q - step)) / (2 * STEP)
                for step in STEP * np.eye(spec.n)
            ]
        )
        braking = np.minimum(at - dt, np.abs(given) / spec.acceleration)
        normal = gradient * (dt / 2 + np.maximum(braking, 0.0))
        room = float(normal @ given + 1.01 * limit - smallest)
        return [Cut(normal, room, Cause.SINGULARITY)]

    def tables(self) -> tuple[float, Array, Array]:
        """Return what :func:`smallest_value` is to be given: limit, rates and the tip."""
        return self.limit, self._rates, self._tip

    def value(self, q: Array) -> float:
        """Return the smallest singular value at ``q`` (n,), m per joint unit."""
        return float(smallest_singular_value(tip_jacobian(q, self._arm.screws, self._tip)[:3]))

    def margins(self) -> dict[str, float]:
        """See :class:`~robot_learning.safety.check.Check`; m per joint unit."""
        return {Cause.SINGULARITY.value: self.smallest - self.limit}


@compiled
def smallest_singular_value(J: Array) -> float:
    """Return the smallest of the three singular values of ``J`` (3, n).

    The root of the smallest eigenvalue of J J', by the trigonometric formula of Smith 1961,
    "Eigenvalues of a symmetric 3 x 3 matrix".
    """
    A = np.zeros((3, 3))
    for k in range(J.shape[1]):
        for i in range(3):
            for j in range(i, 3):
                A[i, j] += J[i, k] * J[j, k]
    mean = (A[0, 0] + A[1, 1] + A[2, 2]) / 3
    a, b, c = A[0, 0] - mean, A[1, 1] - mean, A[2, 2] - mean
    x, y, z = A[0, 1], A[0, 2], A[1, 2]
    spread = np.sqrt((a * a + b * b + c * c + 2 * (x * x + y * y + z * z)) / 6)
    if spread == 0.0:
        return np.sqrt(mean)
    determinant = a * (b * c - z * z) - x * (x * c - y * z) + y * (x * z - b * y)
    cosine = min(max(determinant / (2 * spread**3), -1.0), 1.0)
    smallest = mean + 2 * spread * np.cos((np.arccos(cosine) + 2 * np.pi) / 3)
    return np.sqrt(max(smallest, 0.0))


def _rates(lever: Array) -> Array:
    """Return how fast the singular values change at most with each joint, (n,).

    A singular value changes no more than the matrix does in the Frobenius norm (Weyl). Turning
    joint k by a small angle turns the columns after it by the angle, and shifts the tip under
    those up to it by the angle times the lever; turning the first turns the whole.

    Args:
        lever: (n,) largest distance of the tip from each joint's axis, m.
    """
    count = np.arange(1, len(lever) + 1)
    after = np.cumsum((lever**2)[::-1])[::-1] - lever**2
    rates = np.sqrt(count * lever**2 + after)
    rates[0] = 0.0
    return rates


@compiled
def smallest_value(
    times: Array,
    q: Array,
    qd: Array,
    poses: Array,
    rates: Array,
    screws: Array,
    tip: Array,
    limit: float,
) -> tuple[float, float, float]:
    """Return the time of the lowest value below the limit or -1, it, and the limit in force.

    The looks are so near each other that between two above the limit it keeps a share of it.
    ``poses`` (m, n + 1, 3, 4) are those of the links at the knots.
    """
    least = (1 - BETWEEN) * limit
    here = smallest_singular_value(jacobian_of(poses[0], screws, tip)[:3])
    limit = min(limit, here - 1e-9)
    worst, smallest, value = -1.0, np.inf, here
    for i in range(1, q.shape[0]):
        rate = fastest(qd, i, rates)
        t = times[i - 1]
        while t < times[i]:
            room = max(value - BETWEEN * limit, least)
            t = min(t + room / max(rate, 1e-9), times[i])
            T = poses[i]
            if t < times[i]:
                T = link_poses(sample(times, q, qd, t)[0], screws)
            value = smallest_singular_value(jacobian_of(T, screws, tip)[:3])
            if value < smallest:
                smallest = value
                worst = t if value < limit else -1.0
    return worst, smallest, limit
