"""Where the links of an arm are, the whole of it and not only the tip."""

from typing import NamedTuple

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.kinematics.model import link_frame, reduced
from robot_learning.robot.spec import RobotSpec
from robot_learning.robot.urdf_file import read_urdf

Array = NDArray[np.float64]


class Link(NamedTuple):
    """A link as :func:`~robot_learning.kinematics.chain.link_poses` moves it.

    Attributes:
        moved_by: joints of the chain between the base and it.
        T_base_link: (4, 4) pose with all joints of the chain at 0, base frame, m.
    """

    moved_by: int
    T_base_link: Array


def links_of(spec: RobotSpec, opening: float | None = None) -> dict[str, Link]:
    """Return the links by name, those that a gripper's joints move at an opening in [0, 1].

    None leaves the latter out.
    """
    full, locked, q_hold = reduced(spec)
    gripper = spec.gripper
    fingers = () if gripper is None or opening is not None else gripper.joints
    if gripper is not None and opening is not None:
        positions = gripper.positions(opening)
        for name, position in zip(gripper.joints, positions, strict=True):
            q_hold[full.joints[full.getJointId(name)].idx_q] = position
    model = pin.buildReducedModel(full, locked, q_hold)
    data = model.createData()
    pin.framesForwardKinematics(model, data, np.zeros(model.nq))
    T_base_root = data.oMf[link_frame(model, spec.base_link)].inverse()
    found = {}
    for element in read_urdf(spec.urdf).findall("link"):
        name = element.get("name", "")
        if full.names[full.frames[link_frame(full, name)].parentJoint] in fingers:
            continue
        frame = link_frame(model, name)
        joint = model.frames[frame].parentJoint
        moved_by = spec.joints.index(model.names[joint]) + 1 if joint else 0
        found[name] = Link(moved_by, (T_base_root * data.oMf[frame]).homogeneous)
    return found
