"""The moving links of a robot, for an engine that builds its bodies link by link."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.kinematics.inertia import LinkInertia, inertia_of, moving_model
from robot_learning.kinematics.model import link_frame
from robot_learning.robot.spec import RobotSpec

Array = NDArray[np.float64]


class MovingLink(NamedTuple):
    """What a joint carries, with all joints at 0, in the base frame.

    Attributes:
        joint: name.
        parent: name of the joint that carries this one; empty for the first.
        axis: (3,) of the joint.
        point: (3,) on the axis, m.
        prismatic: whether the joint shifts, else it turns.
        effort: largest torque or force that the URDF gives, N m or N; 0 where it gives none.
        inertia: of the link and all that is fixed to it; centre and axes in the base frame.
    """

    joint: str
    parent: str
    axis: Array
    point: Array
    prismatic: bool
    effort: float
    inertia: LinkInertia


def moving_links(spec: RobotSpec, free: Collection[str] = ()) -> list[MovingLink]:
    """Return the links below each joint of the chain and of ``free``, parents first.

    Args:
        spec: the robot.
        free: joints outside the chain that move as well; the others are where `hold` says.
    """
    model = moving_model(spec, free)
    data = model.createData()
    pin.computeJointJacobians(model, data, np.zeros(model.nq))
    pin.updateFramePlacements(model, data)
    T_base_root = data.oMf[link_frame(model, spec.base_link)].inverse()
    found = []
    for number in range(1, model.njoints):
        name, T = model.names[number], T_base_root * data.oMi[number]
        J = data.J.reshape(6, -1)[:, model.joints[number].idx_v]
        prismatic = bool(np.linalg.norm(J[3:]) < 0.5)
        parent = model.parents[number]
        mass, centre, moments = inertia_of(model.inertias[number])
        found.append(
            MovingLink(
                joint=name,
                parent=model.names[parent] if parent else "",
                axis=T_base_root.rotation @ (J[:3] if prismatic else J[3:]),
                point=np.array(T.translation),
                prismatic=prismatic,
                effort=float(model.effortLimit[model.joints[number].idx_v]),
                inertia=LinkInertia(mass, T.act(centre), T.rotation @ moments @ T.rotation.T),
            )
        )
    return found
