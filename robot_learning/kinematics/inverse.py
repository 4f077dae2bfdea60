"""Inverse kinematics inside the joint limits."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.kinematics.differential import damped_step
from robot_learning.kinematics.model import ArmModel
from robot_learning.kinematics.rotation import rotation_vector, shortest_turn

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
    free: Array | None = None,
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
        free: (3,) axis in the base frame about which the orientation does not matter, or None.
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
        found = _descend(model, _Pose(position, rotation, free), start, iterations, tolerance)
        if found.error < best.error:
            best = found
        if best.converged:
            break
    return best


class _Pose(NamedTuple):
    """What is wanted of the tip; see :func:`solve`."""

    position: Array
    rotation: Array | None
    free: Array | None

    def error(self, T: Array) -> Array:
        """Return the position error (3,) and, with a rotation, the rotation vector after it."""
        linear = self.position - T[:3, 3]
        if self.rotation is None:
            return np.asarray(linear)
        turn = self.rotation @ T[:3, :3].T
        if self.free is None:
            return np.concatenate([linear, rotation_vector(turn)])
        return np.concatenate([linear, shortest_turn(turn.T @ self.free, self.free)])

    def rows(self, J: Array) -> Array:
        """Return the rows of a Jacobian (6, n) that go with the error."""
        if self.rotation is None:
            return J[:3]
        if self.free is None:
            return J
        kept = np.eye(3) - np.outer(self.free, self.free)
        return np.vstack([J[:3], kept @ J[3:]])


def _descend(
    model: ArmModel, pose: _Pose, q: Array, iterations: int, tolerance: float
) -> Solution:
    spec = model.spec
    for _ in range(iterations):
        e = pose.error(model.forward(q))
        if e @ e < tolerance**2:
            break
        J = pose.rows(model.jacobian(q))
        damping = 0.5 * float(e @ e) + 1e-6
        step = damped_step(J, e, damping)
        blocked = ((q <= spec.soft_lower) & (step < 0)) | ((q >= spec.soft_upper) & (step > 0))
        if blocked.any():
            step = damped_step(np.where(blocked, 0.0, J), e, damping)
        step *= min(1.0, 0.5 / max(float(np.abs(step).max()), 1e-12))
        q = np.clip(q + step, spec.soft_lower, spec.soft_upper)
    error = float(np.linalg.norm(pose.error(model.forward(q))))
    return Solution(q, error, error < tolerance)
