"""Joint position, velocity and acceleration limits, forward-invariant in discrete time.

A joint that moves at v can be brought to rest by constant decelerations of at most a, one a
period dt. The shortest way it then still goes is, with v = (k + s) a dt, k whole, 0 <= s < 1,

    D(v) = a dt² / 2 * (k² + (2 k + 1) s),

the quadratic v² / (2 a) at whole k and the chord between them. A velocity v' at the end of a
period is viable when the position there plus D(v') is still inside the limits; braking from a
viable state leads to a viable state, so the limits hold for ever. Cf. Del Prete 2018, "Joint
position and velocity bounds in discrete-time acceleration/torque control of robot manipulators".
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
_SLACK = 1e-9  # rad/s or m/s; rounding


@dataclass(frozen=True)
class VelocityBounds:
    """Velocities that joints may have at the end of a period, and what bounds them.

    Attributes:
        lower: (n,) rad/s or m/s.
        upper: (n,) rad/s or m/s.
        viable_lower: (n,) the part that keeps the position limits.
        viable_upper: (n,) the part that keeps the position limits.
    """

    lower: Array
    upper: Array
    viable_lower: Array
    viable_upper: Array

    @property
    def feasible(self) -> bool:
        """Whether every joint has a velocity inside; where not, only the stop in hand has."""
        return bool((self.lower <= self.upper + _SLACK).all())


class JointLimits:
    """The limits of a robot's joints as bounds on the next velocity."""

    def __init__(self, spec: RobotSpec) -> None:
        self.spec = spec

    def bounds(self, q: Array, qd: Array, dt: float) -> VelocityBounds:
        """Return the velocities allowed after ``dt`` s, from the reference ``q``, ``qd`` (n,).

        A joint that starts outside its position limits may rest or move inward only.
        """
        spec = self.spec
        step = spec.acceleration * dt
        room = np.array([q - spec.soft_lower, spec.soft_upper - q])
        toward = fastest_toward(room, np.array([-qd, qd]), spec.acceleration, dt)
        lower, upper = -toward[0], toward[1]
        return VelocityBounds(
            np.maximum(np.maximum(lower, -spec.soft_velocity), qd - step),
            np.minimum(np.minimum(upper, spec.soft_velocity), qd + step),
            lower,
            upper,
        )

    def broken(self, asked: Array, bounds: VelocityBounds, qd: Array, dt: float) -> list[Cause]:
        """Return which limits the velocities ``asked`` (n,) would have broken."""
        above, below = asked - _SLACK, asked + _SLACK
        step = self.spec.acceleration * dt
        found = {
            Cause.POSITION: (above > bounds.viable_upper) | (below < bounds.viable_lower),
            Cause.VELOCITY: np.abs(asked) > self.spec.soft_velocity + _SLACK,
            Cause.ACCELERATION: np.abs(asked - qd) > step + _SLACK,
        }
        return [cause for cause, joints in found.items() if joints.any()]


def fastest_toward(room: Array, qd: Array, acceleration: Array, dt: float) -> Array:
    """Return the largest viable velocity (..., n) toward a limit after one period.

    Args:
        room: (..., n) distance left to the limit, rad or m; negative outside it.
        qd: (..., n) present velocity toward the limit, rad/s or m/s.
        acceleration: (n,) rated deceleration, rad/s² or m/s².
        dt: period, s.
    """
    # Largest v' with qd dt/2 + v' dt/2 + D(v') <= room; the left side is piecewise linear in v'.
    unit = acceleration * dt * dt
    left = (room - qd * dt / 2) / unit
    k = np.floor((np.sqrt(1 + 8 * np.maximum(left, 0)) - 1) / 2)
    forward = (k + (left - k * (k + 1) / 2) / (k + 1)) * acceleration * dt
    # Without room for any forward velocity: come back as fast as the limit asks, and where the
    # joint is outside already, anything inward.
    backward = np.where(room < 0, 0.0, 2 * left * acceleration * dt)
    return np.where(left >= 0, forward, backward)


def braking_ramp(
    q: Array, qd: Array, acceleration: Array, dt: float
) -> tuple[Array, Array, Array]:
    """Return times (m,), positions and velocities (m, n) of the stop from ``q``, ``qd``.

    Each joint brakes at its rated deceleration in whole periods, the last one more gently. The
    first knot is the state itself at time 0 and is left out.
    """
    steps = int(np.ceil((np.abs(qd) / (acceleration * dt)).max() - 1e-9))
    index = np.arange(1, steps + 1)[:, None]
    speed = np.maximum(np.abs(qd) - index * acceleration * dt, 0.0)
    speed[-1:] = 0.0
    velocities = np.sign(qd) * speed
    before = np.concatenate([qd[None], velocities])[:-1]
    positions = q + np.cumsum((before + velocities) * (dt / 2), axis=0)
    return np.asarray(index[:, 0] * dt), positions, velocities
