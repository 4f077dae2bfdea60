"""Terms of the tip."""

import numpy as np

from robot_learning.policy.terms.term import VECTOR, Array, Sight, Term, two_columns


def _position(sight: Sight) -> Array:
    """Tip position in the base frame, m, (b, 3)."""
    return sight.T_base_tip[:, :3, 3]


def _rotation(sight: Sight) -> Array:
    """First two columns of the tip's rotation, (b, 6); continuous (Zhou and others 2019)."""
    return two_columns(sight.T_base_tip)


def _velocity(sight: Sight) -> Array:
    """Velocity of the tip in the base frame, m/s, (b, 3)."""
    return np.asarray((sight.J[:, :3] * sight.qd[:, None]).sum(axis=-1))


TERMS = {
    "tip_position": Term(_position, 3, pairs=VECTOR, moves=True),
    "tip_rotation": Term(_rotation, 6),
    "tip_velocity": Term(_velocity, 3, pairs=VECTOR),
}
