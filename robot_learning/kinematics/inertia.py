"""Mass, centre and moments of each moving link together with all that is fixed to it."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.kinematics.model import reduced
from robot_learning.robot.spec import RobotSpec

Array = NDArray[np.float64]
LIGHT = 1e-3  # kg of a moving link that the URDF gives no mass
GYRATION = 0.01  # m, its radius of gyration
LEAST = 1e-9  # kg m², of a body's moments
ROUNDING = 1e-3  # share by which moments printed in a URDF may miss the triangle inequality


class LinkInertia(NamedTuple):
    """Inertia of a moving link.

    Attributes:
        mass: kg.
        centre: (3,) of mass, in the frame of the link, m.
        moments: (3, 3) about the centre, axes of the link, kg m².
    """

    mass: float
    centre: Array
    moments: Array

    @property
    def principal(self) -> Array:
        """Return the principal moments (3,), smallest first, kg m²."""
        return np.asarray(np.linalg.eigvalsh(self.moments))

    def exists(self) -> bool:
        """Say whether any body has these moments: above 0, no one over the other two's sum."""
        small, middle, large = self.principal
        return bool(small > 0 and large <= (small + middle) * (1 + ROUNDING))

    def possible(self) -> Array:
        """Return moments (3, 3) that a body can have: these, or the nearest with these axes."""
        values, axes = np.linalg.eigh(self.moments)
        values = np.maximum(values, LEAST)
        values[2] = min(values[2], (values[0] + values[1]) * (1 - 1e-6))
        return np.asarray(axes @ np.diag(values) @ axes.T)


def link_inertias(spec: RobotSpec, free: Collection[str] = ()) -> dict[str, LinkInertia]:
    """Return what the URDF says of the links below each joint of the chain and of ``free``.

    A link without mass is given ``LIGHT``; no physics engine moves nothing.

    Args:
        spec: the robot.
        free: joints outside the chain that move as well; the others are where `hold` says.
    """
    model = moving_model(spec, free)
    return {model.names[k]: inertia_of(model.inertias[k]) for k in range(1, model.njoints)}


def moving_model(spec: RobotSpec, free: Collection[str] = ()) -> pin.Model:
    """Return the robot in which the chain and ``free`` move; see :func:`link_inertias`."""
    full, locked, q_hold = reduced(spec)
    locked = [joint for joint in locked if full.names[joint] not in free]
    return pin.buildReducedModel(full, locked, q_hold)


def without_mass(spec: RobotSpec) -> list[str]:
    """Return the joints of the chain whose links the URDF gives no mass."""
    full, locked, q_hold = reduced(spec)
    model = pin.buildReducedModel(full, locked, q_hold)
    return [name for name in spec.joints if model.inertias[model.getJointId(name)].mass <= 0]


def inertia_of(found: pin.Inertia) -> LinkInertia:
    """Return what Pinocchio read of a link; one without mass is given ``LIGHT``."""
    if found.mass > 0:
        return LinkInertia(found.mass, np.array(found.lever), np.array(found.inertia))
    return LinkInertia(LIGHT, np.zeros(3), LIGHT * GYRATION**2 * np.eye(3))
