"""Observation terms: what a policy may see, computed alike in training and on the arm.

A term is a function of a :class:`Sight`. Its size may depend on the number of joints.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import ArmModel, ArmState

Array = NDArray[np.float64]
DAMPING = 0.05  # m; bounds the step near singularities
STEP_TIME = 0.06  # s


@dataclass(frozen=True)
class Sight:
    """Everything a term may look at.

    Attributes:
        model: the arm.
        state: the measured joint state.
        T_base_tip: (4, 4) tip pose at that state, m.
        inputs: values of the inputs the node or the task gives, base frame, by name.
        previous_action: (n_action,) the last action, zeros at the start.
    """

    model: ArmModel
    state: ArmState
    T_base_tip: Array
    inputs: Mapping[str, Array]
    previous_action: Array


@dataclass(frozen=True)
class Term:
    """One observation term.

    Attributes:
        source: ``joint_state``, ``kinematics``, ``input:<name>`` or ``history``.
        compute: returns the (size,) values.
        size: values of the term for n joints and n_action actions.
        max_age: age at which what the term is made of no longer counts, s.
    """

    source: str
    compute: Callable[[Sight], Array]
    size: Callable[[int, int], int]
    max_age: float = 0.2


def damped_step(J: Array, offset: Array) -> Array:
    """Return the joint step (n,) that moves the tip by about ``offset`` (3,), m.

    Damped least squares (Nakamura and Hanafusa 1986): bounded near singularities.

    Args:
        J: (3, n) linear part of the Jacobian.
        offset: (3,) m; or m/s, where the result is a joint velocity.
    """
    return np.asarray(J.T @ np.linalg.solve(J @ J.T + DAMPING**2 * np.eye(3), offset))


def _joint_position(sight: Sight) -> Array:
    """Positions, -1 at the lower and 1 at the upper limit, (n,)."""
    spec = sight.model.spec
    return (2 * sight.state.q - spec.lower - spec.upper) / (spec.upper - spec.lower)


def _joint_velocity(sight: Sight) -> Array:
    """Velocities as a fraction of the speed limit, (n,)."""
    return sight.state.qd / sight.model.spec.velocity


def _joint_direction(sight: Sight) -> Array:
    """Cosine, then sine, of the joint positions, (2 n,)."""
    return np.concatenate([np.cos(sight.state.q), np.sin(sight.state.q)])


def _tip_position(sight: Sight) -> Array:
    """Tip position in the base frame, m, (3,)."""
    return sight.T_base_tip[:3, 3]


def _goal_position(sight: Sight) -> Array:
    """Goal position in the base frame, m, (3,)."""
    return sight.inputs["goal"]


def _goal_step(sight: Sight) -> Array:
    """Joint velocities that would take the tip straight to the goal, at most 1 each, (n,).

    The damped least-squares step, covered in ``STEP_TIME``, as a fraction of the speed limits;
    shortened as a whole where a joint would pass 1. It spares the network the Jacobian, which
    differs from arm to arm; it knows no limits and no dynamics.
    """
    J = sight.model.jacobian(sight.state.q)[:3]
    offset = sight.inputs["goal"] - sight.T_base_tip[:3, 3]
    fraction = damped_step(J, offset) / (STEP_TIME * sight.model.spec.velocity)
    return fraction / max(1.0, float(np.abs(fraction).max()))


def _previous_action(sight: Sight) -> Array:
    """The last action, (n_action,)."""
    return sight.previous_action


TERMS: dict[str, Term] = {
    "joint_position": Term("joint_state", _joint_position, lambda n, _: n),
    "joint_velocity": Term("joint_state", _joint_velocity, lambda n, _: n),
    "joint_direction": Term("joint_state", _joint_direction, lambda n, _: 2 * n),
    "tip_position": Term("kinematics", _tip_position, lambda n, _: 3),
    "goal_position": Term("input:goal", _goal_position, lambda n, _: 3, max_age=float("inf")),
    "goal_step": Term("kinematics", _goal_step, lambda n, _: n),
    "previous_action": Term("history", _previous_action, lambda _, n_action: n_action),
}
