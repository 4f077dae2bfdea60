"""The links of a URDF as a tree: what is rigid together, and which joints move it."""

import re
import xml.etree.ElementTree as ET

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot.schema import Pose
from robot_learning.robot.urdf import Urdf, UrdfJoint

Array = NDArray[np.float64]


class Tree:
    """A URDF's joints by the links above and below them.

    Joints that can't be commanded, and those whose limits are one position, count as rigid.

    Attributes:
        urdf: the file.
        above: the joint above each link but the root.
        root: the link above all others.
        mimicked: names of joints that others mimic.
    """

    def __init__(self, urdf: Urdf) -> None:
        self.urdf = urdf
        self.above = {joint.child: joint for joint in urdf.joints.values()}
        links = [link.get("name", "") for link in urdf.root.findall("link")]
        self.root = next(link for link in links if link not in self.above)
        self.mimicked = {joint.mimic.joint for joint in urdf.joints.values() if joint.mimic}
        self._below: dict[str, list[UrdfJoint]] = {link: [] for link in links}
        for joint in urdf.joints.values():
            self._below[joint.parent].append(joint)

    def way(self, link: str) -> list[UrdfJoint]:
        """Return all joints from the root to a link."""
        found: list[UrdfJoint] = []
        while link in self.above:
            found.insert(0, self.above[link])
            link = found[0].parent
        return found

    def body(self, link: str) -> list[str]:
        """Return a link and all that is rigidly below it, nearest first."""
        found = [link]
        for name in found:
            found += [joint.child for joint in self._below[name] if not joint.moves]
        return found

    def mount(self, link: str) -> list[str]:
        """Return a link and the links that it is rigidly below, nearest first."""
        found = [link]
        while (joint := self.above.get(found[-1])) is not None and not joint.moves:
            found.append(joint.parent)
        return found

    def joints_of(self, link: str) -> list[UrdfJoint]:
        """Return the joints that move against the body of a link, just below it."""
        return [joint for name in self.body(link) for joint in self._below[name] if joint.moves]

    def beyond(self, joint: UrdfJoint) -> list[UrdfJoint]:
        """Return a joint and all moving ones below it, parents first."""
        found = [joint]
        for above in found:
            found += self.joints_of(above.child)
        return found

    def depth(self, joint: UrdfJoint) -> int:
        """Return how many joints move on the longest way down, this one among them."""
        return 1 + max((self.depth(below) for below in self.joints_of(joint.child)), default=0)

    def pose(self, link: str) -> Array:
        """Return the pose (4, 4) of a link in the root's frame with all joints at 0."""
        T = np.eye(4)
        for joint in self.way(link):
            element = self.urdf.root.find(f"joint[@name='{joint.name}']/origin")
            T = T @ _origin(element)
        return T

    def has_geometry(self, link: str) -> bool:
        """Say whether a link has a shape, seen or touched."""
        element = self.urdf.root.find(f"link[@name='{link}']")
        return element is not None and any(part.tag != "inertial" for part in element)


def _origin(element: ET.Element | None) -> Array:
    def numbers(key: str) -> tuple[float, float, float]:
        text = None if element is None else element.get(key)
        x, y, z = map(float, (text or "0 0 0").split())
        return x, y, z

    return Pose(xyz=numbers("xyz"), rpy=numbers("rpy")).matrix()


def words(name: str) -> list[str]:
    """Return the words that a name is made of: ``rightElbow_joint2`` is right, elbow, joint."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)]
