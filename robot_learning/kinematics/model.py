"""Kinematics of a ``RobotSpec``, as Pinocchio reads it."""

import xml.etree.ElementTree as ET
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics.chain import (
    tip_jacobian,
    tip_pose,
    tip_pose_and_jacobian,
    tip_poses_and_jacobians,
)
from robot_learning.kinematics.rotation import turns_of_axis, turns_to
from robot_learning.robot.spec import RobotSpec
from robot_learning.robot.urdf_file import HELD, MOVABLE, end, read_urdf

if TYPE_CHECKING:  # Not every node needs its 20 MB.
    import pinocchio as pin

Array = NDArray[np.float64]
UP = np.array([0.0, 0.0, 1.0])
UPRIGHT = 0.01  # rad by which the base may lean and still count as upright
UNIT = 1e-6  # by how much the length of an axis may miss 1
# What Pinocchio calls a link whose name is a joint's as well; its look-ups know one of a name.
LINK = "{} (link)"


class ArmModel:
    """Forward kinematics and Jacobian of the chain from base to tip.

    Attributes:
        T_base_root: (4, 4) pose of the URDF's root link in the base frame.
        screws: (n, 7) the joints' axes with all joints at 0, base frame: the axis (3,), a point
            on it (3,), m, and 1 for a prismatic joint, 0 for the others. The motion of link k is
            the product of the first k rotations or shifts (product of exponentials; Lynch, Park
            2017, "Modern Robotics", section 4.1).
    """

    def __init__(self, spec: RobotSpec) -> None:
        import pinocchio as pin

        self.spec = spec
        model = pin.buildReducedModel(*reduced(spec))
        data = model.createData()
        pin.computeJointJacobians(model, data, np.zeros(model.nq))
        pin.updateFramePlacements(model, data)
        T_base_root = data.oMf[link_frame(model, spec.base_link)].inverse()
        T_root_tip = data.oMf[link_frame(model, spec.tip_link)]
        self.T_base_root = T_base_root.homogeneous
        self.screws = _screws(spec, model, data, T_base_root)
        self._T_zero = np.ascontiguousarray((T_base_root * T_root_tip).homogeneous)
        self._tip = self._T_zero[:3, 3].copy()

    def forward(self, q: Array) -> Array:
        """Return ``T_base_tip`` (4, 4) at positions ``q`` (n,), m."""
        return tip_pose(q, self.screws, self._T_zero)

    def jacobian(self, q: Array) -> Array:
        """Return the Jacobian (6, n) of the tip at ``q`` (n,).

        Rows are the linear (m per joint unit), then the angular velocity (rad per joint unit),
        along the axes of the base frame.
        """
        return tip_jacobian(q, self.screws, self._tip)

    def pose_and_jacobian(self, q: Array) -> tuple[Array, Array]:
        """Return what :meth:`forward` and :meth:`jacobian` do, in one call."""
        return tip_pose_and_jacobian(q, self.screws, self._T_zero)

    def poses_and_jacobians(self, q: Array) -> tuple[Array, Array]:
        """Return the same, (b, 4, 4) and (b, 6, n), at each of the positions ``q`` (b, n)."""
        return tip_poses_and_jacobians(q, self.screws, self._T_zero)

    def singular_values(self, q: Array) -> Array:
        """Return the singular values (min(6, n),) of the Jacobian, largest first."""
        return np.asarray(np.linalg.svd(self.jacobian(q), compute_uv=False))

    @cached_property
    def gravity(self) -> Array:
        """Direction (3,) in which gravity pulls: what the YAML says, else the root's -z."""
        if self.spec.gravity is not None:
            return self.spec.gravity / np.linalg.norm(self.spec.gravity)
        return -self.T_base_root[:3, 2]

    @property
    def is_upright(self) -> bool:
        """Whether gravity pulls along the base frame's -z."""
        return bool(self.gravity @ UP < -np.cos(UPRIGHT))

    @cached_property
    def R_base_down(self) -> Array:
        """Rotation (3, 3) of the tip nearest to that at home with the tool pointing down."""
        import pinocchio as pin

        R = self.forward(self.spec.home)[:3, :3]
        axis = R @ self.spec.tool_direction
        return np.asarray(pin.Quaternion.FromTwoVectors(axis, -UP).toRotationMatrix() @ R)

    def turn_down(self, T_base_tip: Array) -> Array:
        """Return the rotation vector (3,), rad, that brings the tip to point down.

        Arms of less than six joints are free to turn about the vertical.
        """
        return self.turns_down(T_base_tip[None])[0]

    def turns_down(self, T_base_tip: Array) -> Array:
        """Return :meth:`turn_down` (b, 3) of each pose (b, 4, 4)."""
        if self.spec.n < 6:
            return turns_of_axis(self.spec.tool_direction, -UP, T_base_tip)
        return turns_to(self.R_base_down, T_base_tip)


def _screws(
    spec: RobotSpec, model: "pin.Model", data: "pin.Data", T_base_root: "pin.SE3"
) -> Array:
    """Return the joints' axes (n, 7) from what Pinocchio computed with all joints at 0."""
    rows = np.zeros((spec.n, 7))
    for row, name in zip(rows, spec.joints, strict=True):
        joint = model.getJointId(name)
        J = data.J.reshape(6, -1)[:, model.joints[joint].idx_v]
        prismatic = np.linalg.norm(J[3:]) < 0.5
        row[:3] = T_base_root.rotation @ (J[:3] if prismatic else J[3:])
        row[3:6] = T_base_root.act(data.oMi[joint].translation)
        row[6] = prismatic
    return rows


def reduced(spec: RobotSpec) -> "tuple[pin.Model, list[int], Array]":
    """Return the whole robot, its joints outside the chain, and where all are held."""
    import pinocchio as pin

    full = read_model(spec)
    q_hold = pin.neutral(full)
    for name, value in spec.hold.items():
        q_hold[full.joints[full.getJointId(name)].idx_q] = value
    locked = [full.getJointId(name) for name in full.names[1:] if name not in spec.joints]
    return full, locked, q_hold


def read_model(spec: RobotSpec) -> "pin.Model":
    """Return the whole robot as Pinocchio reads it.

    Raises:
        ConfigError: where it can't.
    """
    import pinocchio as pin

    try:
        return pin.buildModelFromXML(ET.tostring(pinocchio_urdf(spec), encoding="unicode"))
    except (ValueError, RuntimeError) as error:
        why = " ".join(str(error).split())
        raise ConfigError(f"{spec.urdf}: Pinocchio can't read it: {why}") from error


def pinocchio_urdf(spec: RobotSpec) -> ET.Element:
    """Return the URDF with no name that is a link's and a joint's; see ``link_frame``."""
    root = bounded_urdf(spec)
    joints = {joint.get("name", "") for joint in root.findall("joint")}
    shared = {link.get("name", "") for link in root.findall("link")} & joints
    for link in root.findall("link"):
        if link.get("name") in shared:
            link.set("name", LINK.format(link.get("name")))
    for joint in root.findall("joint"):
        for tag in ("parent", "child"):
            element = joint.find(tag)
            if element is not None and end(joint, tag) in shared:
                element.set("link", LINK.format(end(joint, tag)))
    return root


def link_frame(model: "pin.Model", link: str) -> int:
    """Return Pinocchio's number of the frame of a link."""
    renamed = LINK.format(link)
    return int(model.getFrameId(renamed if model.existFrame(renamed) else link))


def bounded_urdf(spec: RobotSpec, endless: tuple[str, str] = ("-1e9", "1e9")) -> ET.Element:
    """Return the URDF with joints that move by one number, or not, and limits complete.

    Continuous joints are made revolute, those that can't be commanded fixed, axes unit vectors.

    Engines differ in what they make of a limit that is left out, and of one that a continuous
    joint has: refuse the file, take it for 0, or ignore it. The limits that count are the spec's.

    Args:
        spec: the robot.
        endless: limits that an engine takes for none.
    """
    root = read_urdf(spec.urdf)
    for joint in root.findall("joint"):
        if joint.get("type") in HELD:
            joint.set("type", "fixed")
        if joint.get("type") not in MOVABLE:
            continue
        axis = joint.find("axis")
        if axis is not None:
            along = np.array(axis.get("xyz", "1 0 0").split(), dtype=np.float64)
            length = np.linalg.norm(along)
            if abs(length - 1) > UNIT:
                axis.set("xyz", " ".join(map(repr, (along / length).tolist())))
        limit = joint.find("limit")
        limit = ET.SubElement(joint, "limit") if limit is None else limit
        if joint.get("type") == "continuous" or not {"lower", "upper"} <= set(limit.keys()):
            for key, value in zip(("lower", "upper"), endless, strict=True):
                limit.set(key, value)
        if joint.get("type") == "continuous":
            joint.set("type", "revolute")
        for key in ("effort", "velocity"):
            limit.set(key, limit.get(key, "0"))
    return root
