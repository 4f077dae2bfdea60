"""Terms of the joints, and of what the policy last asked of them."""

import numpy as np

from robot_learning.kinematics.differential import home_motion_each
from robot_learning.policy.terms.term import Array, Sight, Term, per_joint


def _position(sight: Sight) -> Array:
    """Positions, -1 at the lower and 1 at the upper limit, (b, n)."""
    spec = sight.model.spec
    return (2 * sight.q - spec.lower - spec.upper) / (spec.upper - spec.lower)


def _velocity(sight: Sight) -> Array:
    """Velocities as a fraction of the speed limit, (b, n)."""
    return sight.qd / sight.model.spec.velocity


def _direction(sight: Sight) -> Array:
    """Cosine, then sine, of the joint positions, (b, 2 n)."""
    return np.concatenate([np.cos(sight.q), np.sin(sight.q)], axis=1)


def _home_step(sight: Sight) -> Array:
    """Joint velocities toward home with the tip where it is, as fractions of limits, (b, n)."""
    spec = sight.model.spec
    return home_motion_each(sight.q, sight.J, spec.home, spec.velocity) / spec.velocity


def _previous_action(sight: Sight) -> Array:
    """The last action, (b, n_action)."""
    return sight.previous_action


TERMS = {
    "joint_position": Term(_position, per_joint),
    "joint_velocity": Term(_velocity, per_joint),
    "joint_direction": Term(_direction, lambda n, _: 2 * n),
    "home_step": Term(_home_step, per_joint),
    "previous_action": Term(_previous_action, lambda _, n_action: n_action),
}
