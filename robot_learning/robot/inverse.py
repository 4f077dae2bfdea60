"""Inverse kinematics inside the joint limits."""

from dataclasses import dataclass

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.robot.model import ArmModel

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Solution:
    """The best configuration found.

    Attributes:
        q: (n,) joint positions inside the limits, rad or m.
        error: norm of the remaining pose error, m and rad together.
        converged: whether the error is below the tolerance asked for.
    """

    q: Array
    error: float
    converged: bool


def solve(
    model: ArmModel,
    position: Array,
    q_start: Array,
    *,
    rotation: Array | None = None,
    rng: np.random.Generator | None = None,
    attempts: int = 8,
    iterations: int = 100,
    tolerance: float = 1e-4,
) -> Solution:
    """Find joint positions that bring the tip to a pose.

    Levenberg-Marquardt steps with the error as damping (Sugihara 2011, "Solvability-unconcerned
    inverse kinematics by the Levenberg-Marquardt method"), joints at a limit that want to pass it
    taken out of the step, restarts from random configurations.

    Args:
        model: the arm.
        position: (3,) wanted tip position, base frame, m.
        q_start: (n,) configuration to start from; the solution is usually near it.
        rotation: (3, 3) wanted orientation ``R_base_tip``, or None for any.
        rng: source of the restarts; a fixed seed where None is given.
        attempts: starts tried at most.
        iterations: steps of one attempt at most.
        tolerance: error that counts as solved, m and rad.
    """
    spec = model.spec
    rng = rng or np.random.default_rng(0)
    best = Solution(np.clip(q_start, spec.soft_lower, spec.soft_upper), np.inf, False)
    for attempt in range(attempts):
        start = best.q if attempt == 0 else rng.uniform(spec.soft_lower, spec.soft_upper)
        found = _descend(model, position, rotation, start, iterations, tolerance)
        if found.error < best.error:
            best = found
        if best.converged:
            break
    return best


def _descend(
    model: ArmModel,
    position: Array,
    rotation: Array | None,
    q: Array,
    iterations: int,
    tolerance: float,
) -> Solution:
    spec = model.spec
    for _ in range(iterations):
        e = _error(model.forward(q), position, rotation)
        if e @ e < tolerance**2:
            break
        J = model.jacobian(q)[: len(e)]
        step = _damped_step(J, e)
        blocked = ((q <= spec.soft_lower) & (step < 0)) | ((q >= spec.soft_upper) & (step > 0))
        if blocked.any():
            step = _damped_step(np.where(blocked, 0.0, J), e)
        step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-12))
        q = np.clip(q + step, spec.soft_lower, spec.soft_upper)
    error = float(np.linalg.norm(_error(model.forward(q), position, rotation)))
    return Solution(q, error, error < tolerance)


def _damped_step(J: Array, e: Array) -> Array:
    damping = 0.5 * (e @ e) + 1e-6
    return np.asarray(J.T @ np.linalg.solve(J @ J.T + damping * np.eye(len(e)), e))


def _error(T: Array, position: Array, rotation: Array | None) -> Array:
    """Return the position error (3,) and, with a rotation, the rotation vector (3,) after it."""
    linear = position - T[:3, 3]
    if rotation is None:
        return np.asarray(linear)
    return np.concatenate([linear, pin.log3(rotation @ T[:3, :3].T)])
