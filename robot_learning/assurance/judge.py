"""Says what a motion broke, from the motion alone and from Bullet's contacts."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec, Trajectory
from robot_learning.sim import Contacts

Array = NDArray[np.float64]
ROUNDING = 1e-6  # rad, rad/s (or m) and share of the acceleration


class Broken(NamedTuple):
    """A limit that was passed.

    Attributes:
        what: ``position``, ``velocity``, ``acceleration``, ``jump``, ``contact`` or
            ``not_finite``.
        by: how far, in its unit: rad, rad/s, rad/s² or m.
        where: the joint, or the two things that overlap.
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
        part = motion.head(min(elapsed, motion.duration)) if motion.duration > 0 else motion
        if not (np.isfinite(part.q).all() and np.isfinite(part.qd).all()):
            return [Broken("not_finite", np.inf, "")]
        spec, found = self.spec, []
        jump = np.maximum(np.abs(part.q[0] - self._q), np.abs(part.qd[0] - self._qd))
        found += self._beyond("jump", jump - ROUNDING)
        over = np.maximum(part.q - spec.upper, spec.lower - part.q) - ROUNDING
        found += self._beyond("position", over.max(axis=0))
        found += self._beyond("velocity", (np.abs(part.qd) - spec.velocity - ROUNDING).max(axis=0))
        if len(part.times) > 1:
            change = np.abs(np.diff(part.qd, axis=0)) / np.diff(part.times)[:, None]
            over = change - spec.acceleration * (1 + ROUNDING) - ROUNDING
            found += self._beyond("acceleration", over.max(axis=0))
        self._q, self._qd = part.q[-1], part.qd[-1]
        if self._contacts is not None:
            touching = self._contacts.at(self._q)
            found += [Broken("contact", c.depth, f"{c.first}, {c.second}") for c in touching]
        return found

    def _beyond(self, what: str, over: Array) -> list[Broken]:
        joints = zip(self.spec.joints, over.tolist(), strict=True)
        return [Broken(what, by, joint) for joint, by in joints if not by <= 0]
