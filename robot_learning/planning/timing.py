"""The only place that knows TOPP-RA: how fast a way may be gone."""

import logging

import numpy as np
import toppra
from numpy.typing import NDArray
from toppra import algorithm, constraint

from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.kinematics.chain import tip_jacobian
from robot_learning.planning.straight import SHARE, TIP
from robot_learning.robot import RobotSpec
from robot_learning.safety.guards import Guards

Array = NDArray[np.float64]
GRID = 0.02  # rad or m between two looks at the way

logging.getLogger("toppra").setLevel(logging.ERROR)


class _Way(toppra.interpolator.AbstractGeometricPath):  # type: ignore[misc]
    """A motion at unit speed, read as a curve over the distance gone."""

    def __init__(self, curve: Trajectory) -> None:
        self._curve = curve
        self._turns = np.diff(curve.qd, axis=0) / np.diff(curve.times)[:, None]

    def __call__(self, path_positions: float | Array, order: int = 0) -> Array:
        if order < 2:
            return self._curve.sample(path_positions)[order]
        times = self._curve.times
        at = np.searchsorted(times, path_positions, side="right") - 1
        return np.asarray(self._turns[np.clip(at, 0, len(self._turns) - 1)])

    @property
    def dof(self) -> int:
        return int(self._curve.q.shape[1])

    @property
    def path_interval(self) -> Array:
        return np.array([0.0, self._curve.duration])


def timed(guards: Guards, curve: Trajectory) -> Trajectory:
    """Return the fastest motion from rest to rest along a curve, a knot a control period.

    It keeps a quarter of the speed and acceleration limits, and the tip's speed limit in force.
    Pham, Pham 2018, "A new approach to time-optimal path parameterization based on reachability
    analysis".

    Args:
        guards: of the filter that the motion goes through.
        curve: the way, at unit speed.

    Raises:
        SafetyError: where there is none.
    """
    if curve.duration == 0.0:
        return curve
    spec, way = guards.spec, _Way(curve)
    grid = _grid(curve)
    bounds = np.stack([-SHARE * spec.acceleration, SHARE * spec.acceleration], axis=1)
    limits = [
        constraint.JointVelocityConstraintVarying(lambda s: _speeds(guards, way, s)),
        constraint.JointAccelerationConstraint(bounds),
    ]
    found = algorithm.TOPPRA(limits, way, gridpoints=grid, parametrizer="ParametrizeConstAccel")
    motion = found.compute_trajectory(0.0, 0.0)
    if motion is None:
        raise SafetyError(f"{spec.path}: limits: no motion along the way keeps them")
    return _knots(motion, curve.q[-1], spec)


def _grid(curve: Trajectory) -> Array:
    """Return where to look at a curve: at its knots, and between them as finely as needed."""
    parts = [
        np.linspace(a, b, max(int(np.ceil((b - a) / GRID)), 4), endpoint=False)
        for a, b in zip(curve.times[:-1], curve.times[1:], strict=True)
    ]
    return np.concatenate([*parts, curve.times[-1:]])


def _speeds(guards: Guards, way: _Way, s: float) -> Array:
    """Return the joints' lowest and highest speeds (n, 2) at ``s`` of a way."""
    q, along = way(s), way(s, 1)
    tip = guards.arm.bodies[-1].points[0]
    moved = float(np.linalg.norm(tip_jacobian(q, guards.arm.screws, tip)[:3] @ along))
    fastest = np.abs(along) * TIP * guards.fastest_tip / max(moved, 1e-9) + 1e-9
    most = np.minimum(SHARE * guards.spec.velocity, fastest)
    return np.stack([-most, most], axis=1)


def _knots(
    motion: toppra.interpolator.AbstractGeometricPath, end: Array, spec: RobotSpec
) -> Trajectory:
    count = int(np.ceil(motion.duration / spec.control_period - 1e-9))
    times = np.arange(count + 1, dtype=np.float64) * spec.control_period
    inside = np.minimum(times, motion.duration)
    q, qd = motion(inside), motion(inside, 1)
    q[-1], qd[0], qd[-1] = end, 0.0, 0.0
    return Trajectory(times, q, qd)
