"""Terms of the joints, and of what the policy last asked of them."""

import numpy as np

from robot_learning.base.arrays import share_of_range
from robot_learning.kinematics.differential import home_motion
from robot_learning.policy.terms.term import Array, Sight, Term, per_joint


def _position(sight: Sight) -> Array:
    """Positions, -1 at the lower and 1 at the upper limit, (n,)."""
    spec = sight.model.spec
    return share_of_range(sight.state.q, spec.lower, spec.upper)


def _velocity(sight: Sight) -> Array:
    """Velocities as a fraction of the speed limit, (n,)."""
    return sight.state.qd / sight.model.spec.velocity


def _direction(sight: Sight) -> Array:
    """Cosine, then sine, of the joint positions, (2 n,)."""
    return np.concatenate([np.cos(sight.state.q), np.sin(sight.state.q)])


def _home_step(sight: Sight) -> Array:
    """Joint velocities toward home with the tip where it is, as fractions of limits, (n,)."""
    spec = sight.model.spec
    return home_motion(sight.state.q, sight.J[:3], spec.home, spec.velocity) / spec.velocity


def _previous_action(sight: Sight) -> Array:
    """The last action, (n_action,)."""
    return sight.previous_action


TERMS = {
    "joint_position": Term(_position, per_joint),
    "joint_velocity": Term(_velocity, per_joint),
    "joint_direction": Term(_direction, lambda n, _: 2 * n),
    "home_step": Term(_home_step, per_joint),
    "previous_action": Term(_previous_action, lambda _, n_action: n_action),
}
