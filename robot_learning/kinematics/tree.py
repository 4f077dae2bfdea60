"""The moving links of a robot, for an engine that builds its bodies link by link."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.kinematics.inertia import LinkInertia, inertia_of, moving_model
from robot_learning.kinematics.model import LINK, link_frame
from robot_learning.robot.spec import RobotSpec

Array = NDArray[np.float64]


class MovingLink(NamedTuple):
    """What a joint carries, in the base frame.

    Attributes:
        joint: name.
        name: of the link in the URDF.
        pose: (4, 4) of its frame.
        parent: name of the joint that carries this one; empty for the first.
        axis: (3,) of the joint.
        point: (3,) on the axis, m.
        prismatic: whether the joint shifts, else it turns.
        effort: largest torque or force that the URDF gives, N m or N; 0 where it gives none.
        inertia: of the link and all that is fixed to it; centre and axes in the base frame.
    """

    joint: str
    name: str
    pose: Array
    parent: str
    axis: Array
    point: Array
    prismatic: bool
    effort: float
    inertia: LinkInertia


def moving_links(spec: RobotSpec, free: Collection[str] = ()) -> list[MovingLink]:
    """Return the links below each joint of the chain and of ``free``, all at 0, parents first.

    Args:
        spec: the robot.
        free: joints outside the chain that move as well; the others are where `hold` says.
    """
    return links_at(spec, free, [{}])[0]


def links_at(
    spec: RobotSpec, free: Collection[str], places: Sequence[Mapping[str, float]]
) -> list[list[MovingLink]]:
    """Return :func:`moving_links` with joints at the positions of each place, others at 0."""
    model = moving_model(spec, free)
    data = model.createData()
    names = [_link_of(model, number) for number in range(model.njoints)]
    found = []
    for place in places:
        q = np.zeros(model.nq)
        for name, position in place.items():
            q[model.joints[model.getJointId(name)].idx_q] = position
        pin.computeJointJacobians(model, data, q)
        pin.updateFramePlacements(model, data)
        T_root_base = data.oMf[link_frame(model, spec.base_link)].copy()
        found.append(
            [_link(model, data, T_root_base, k, names[k]) for k in range(1, model.njoints)]
        )
    return found


def _link(
    model: pin.Model, data: pin.Data, T_root_base: pin.SE3, number: int, name: str
) -> MovingLink:
    T_base_root = T_root_base.inverse()
    T = T_base_root * data.oMi[number]
    J = data.J.reshape(6, -1)[:, model.joints[number].idx_v]
    prismatic = bool(np.linalg.norm(J[3:]) < 0.5)
    parent = model.parents[number]
    mass, centre, moments = inertia_of(model.inertias[number])
    return MovingLink(
        joint=model.names[number],
        name=name,
        pose=np.array(T.homogeneous),
        parent=model.names[parent] if parent else "",
        axis=T_base_root.rotation @ (J[:3] if prismatic else J[3:]),
        point=np.array(T.translation),
        prismatic=prismatic,
        effort=float(model.effortLimit[model.joints[number].idx_v]),
        inertia=LinkInertia(mass, T.act(centre), T.rotation @ moments @ T.rotation.T),
    )


def _link_of(model: pin.Model, number: int) -> str:
    """Return the name in the URDF of the first link that a joint carries."""
    for frame in model.frames:
        if frame.parentJoint == number and frame.type == pin.FrameType.BODY:
            return str(frame.name.removesuffix(LINK.format("")))
    return ""
