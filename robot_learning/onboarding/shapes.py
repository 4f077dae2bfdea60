"""Collision geometry for a URDF that has none at all: what its links look like."""

import copy
import xml.etree.ElementTree as ET
from pathlib import Path

from robot_learning.robot.description import description
from robot_learning.robot.urdf_file import read_urdf


def seen_as_touched(urdf: Path) -> bytes | None:
    """Return a URDF's text with each ``<visual>`` as ``<collision>`` as well.

    None where some link has collision geometry, or none can be seen either. The filter takes
    convex hulls, so that finer meshes cost nothing.

    Raises:
        ConfigError: where the file is no URDF.
    """
    read_urdf(urdf)
    root = ET.fromstring(description(urdf))
    if root.find("link/collision") is not None or root.find("link/visual") is None:
        return None
    for link in root.findall("link"):
        for visual in link.findall("visual"):
            shape = copy.deepcopy(visual)
            shape.tag = "collision"
            for material in shape.findall("material"):
                shape.remove(material)
            link.append(shape)
    return ET.tostring(root)
