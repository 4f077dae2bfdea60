"""Terms of the goal."""

import numpy as np

from robot_learning.kinematics.differential import resolve_each
from robot_learning.kinematics.rotation import rotation_vector
from robot_learning.policy.terms.term import (
    VECTOR,
    Array,
    Sight,
    Term,
    per_joint,
    two_columns,
    value_of,
    velocity_of,
)

STEP_TIME = 0.06  # s


def _rotation(sight: Sight) -> Array:
    """First two columns of the wanted rotation, (b, 6)."""
    return two_columns(sight.inputs["goal_rotation"])


def _step(sight: Sight) -> Array:
    """Joint velocities that would take the tip straight to the goal, at most 1 each, (b, n).

    The damped least-squares step, covered in ``STEP_TIME``, as a fraction of the speed limits;
    shortened as a whole where a joint would pass 1. It spares the network the Jacobian, which
    differs from arm to arm; it knows no limits and no dynamics.
    """
    return _fraction(sight, sight.inputs["goal"] - sight.T_base_tip[:, :3, 3])


def _pose_step(sight: Sight) -> Array:
    """As ``goal_step``, to the goal's orientation as well, (b, n)."""
    R_goal, T = sight.inputs["goal_rotation"], sight.T_base_tip
    turns = [rotation_vector(R) for R in R_goal @ T[:, :3, :3].transpose(0, 2, 1)]
    return _fraction(sight, np.hstack([sight.inputs["goal"] - T[:, :3, 3], turns]))


def _fraction(sight: Sight, offset: Array) -> Array:
    q, velocity = sight.q, sight.model.spec.velocity
    return resolve_each(q, sight.J, offset / STEP_TIME, q, velocity, velocity) / velocity


TERMS = {
    "goal_position": Term(value_of("goal"), 3, ("goal",), VECTOR, moves=True),
    "goal_rotation": Term(_rotation, 6, ("goal_rotation",)),
    "goal_velocity": Term(velocity_of("goal"), 3, ("goal",), VECTOR),
    "goal_step": Term(_step, per_joint, ("goal",)),
    "pose_step": Term(_pose_step, per_joint, ("goal", "goal_rotation")),
    "stack_goal": Term(value_of("stack_goal"), 3, ("stack_goal",), VECTOR, moves=True),
}
