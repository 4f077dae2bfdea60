"""Says what a motion broke, from the motion alone and from Bullet's contacts."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.trajectory import Trajectory
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import Contacts

Array = NDArray[np.float64]
JOINT_LIMITS = ("jump", "position", "velocity", "acceleration")
ROUNDING = 1e-6  # rad, rad/s (or m) and share of the acceleration


class Broken(NamedTuple):
    """A limit that was passed.

    Attributes:
        what: one of ``JOINT_LIMITS``, ``contact`` or ``not_finite``.
        by: how far, in its unit: rad, rad/s, rad/s² or m.
        where: the joint, or the two bodies that overlap.
    """

    what: str
    by: float
    where: str


class Judge:
    """Follows an arm and keeps nothing of the filter's own reasoning.

    Positions are held against the hard limits of ``spec``, velocities and accelerations against
    the rated ones.

    Args:
        spec: the robot.
        contacts: the arm in its scene, or None to judge the joints alone.
    """

    def __init__(self, spec: RobotSpec, contacts: Contacts | None) -> None:
        self.spec = spec
        self._contacts = contacts
        self._q, self._qd = spec.home, np.zeros(spec.n)

    def start(self, q: Array) -> None:
        """Begin at rest at ``q`` (n,)."""
        self._q, self._qd = q, np.zeros(self.spec.n)

    def follow(self, motion: Trajectory, elapsed: float) -> list[Broken]:
        """Return what the arm broke that followed ``motion`` for ``elapsed`` s from where it was.

        The joints are judged at the knots, between which velocity is linear; contacts at the
        end.
        """
        part = motion.head(min(elapsed, motion.duration))
        spec, found = self.spec, []
        if not (np.isfinite(part.q).all() and np.isfinite(part.qd).all()):
            return [Broken("not_finite", math.inf, "")]
        beyond = _beyond(
            *(part.times, part.q, part.qd, self._q, self._qd),
            *(spec.lower, spec.upper, spec.velocity, spec.acceleration),
        )
        for row, joint in np.argwhere(beyond > 0):
            by = float(beyond[row, joint])
            found.append(Broken(JOINT_LIMITS[row], by, spec.joints[joint]))
        self._q, self._qd = part.q[-1], part.qd[-1]
        if self._contacts is not None:
            touching = self._contacts.at(self._q)
            found += [Broken("contact", c.depth, f"{c.first}, {c.second}") for c in touching]
        return found


@compiled
def _beyond(
    times: Array,
    q: Array,
    qd: Array,
    q_before: Array,
    qd_before: Array,
    lower: Array,
    upper: Array,
    velocity: Array,
    acceleration: Array,
) -> Array:
    """Return by how much a motion passes each of ``JOINT_LIMITS`` in each joint, (4, n)."""
    m, n = q.shape
    out = np.full((4, n), -np.inf)
    for k in range(n):
        out[0, k] = max(abs(q[0, k] - q_before[k]), abs(qd[0, k] - qd_before[k])) - ROUNDING
        for i in range(m):
            out[1, k] = max(
                out[1, k], q[i, k] - upper[k] - ROUNDING, lower[k] - q[i, k] - ROUNDING
            )
            out[2, k] = max(out[2, k], abs(qd[i, k]) - velocity[k] - ROUNDING)
            if i > 0:
                change = abs(qd[i, k] - qd[i - 1, k]) / (times[i] - times[i - 1])
                over = change - acceleration[k] * (1 + ROUNDING) - ROUNDING
                out[3, k] = max(out[3, k], over)
    return out
