"""A second, translucent arm, where the first one is sent."""

import xml.etree.ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from visualization_msgs.msg import Marker

from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.chain import link_poses
from robot_learning.kinematics.links import links_of
from robot_learning.nodes import markers
from robot_learning.nodes.markers import Colour
from robot_learning.robot.description import description
from robot_learning.robot.urdf_file import numbers, origin

Array = NDArray[np.float64]


class Ghost:
    """What a URDF shows of an arm, without the gripper's fingers, at any configuration.

    Args:
        model: the arm.
    """

    def __init__(self, model: ArmModel) -> None:
        self._screws = model.screws
        links = links_of(model.spec)
        self._markers: list[Marker] = []
        moved_by, zero = [], []
        for element in ET.fromstring(description(model.spec.urdf)).findall("link"):
            link = links.get(element.get("name", ""))
            if link is None:
                continue
            for part in element.findall("visual"):
                self._markers.append(_marker(part))
                moved_by.append(link.moved_by)
                zero.append(link.T_base_link @ origin(part))
        self._moved_by, self._zero = np.array(moved_by, dtype=int), np.array(zero)

    def at(self, q: Array, colour: Colour) -> list[Marker]:
        """Return the arm at ``q`` (n,) in one colour, base frame."""
        if not self._markers:
            return []
        poses = link_poses(q, self._screws)[self._moved_by] @ self._zero
        turns = Rotation.from_matrix(poses[:, :, :3]).as_quat().tolist()
        for marker, turn, shift in zip(self._markers, turns, poses[:, :, 3].tolist(), strict=True):
            rgba = marker.color
            rgba.r, rgba.g, rgba.b, rgba.a = colour
            markers.place(marker, shift, turn)
        return self._markers


def _marker(part: ET.Element) -> Marker:
    """Return what is drawn for a <visual>."""
    (geometry,) = part.findall("geometry/*")
    made = Marker(ns="reference")
    if geometry.tag == "mesh":
        made.type, made.mesh_resource = Marker.MESH_RESOURCE, geometry.get("filename", "")
        scale = numbers(geometry.get("scale", "1 1 1"))
    elif geometry.tag == "box":
        made.type, scale = Marker.CUBE, numbers(geometry.get("size", ""))
    else:
        width = 2 * float(geometry.get("radius", ""))
        length = float(geometry.get("length", width))
        made.type = Marker.SPHERE if geometry.tag == "sphere" else Marker.CYLINDER
        scale = [width, width, length]
    made.scale.x, made.scale.y, made.scale.z = scale
    return made
