"""A URDF as viewers are given it, on the topic ``robot_description``."""

import xml.etree.ElementTree as ET
from pathlib import Path

from robot_learning.base.paths import resolve_uri
from robot_learning.robot.urdf_file import urdf_text


def description(urdf: Path, text: bytes | None = None) -> str:
    """Return a URDF's text with its meshes and textures as ``file://`` URIs.

    Viewers look for ``package://`` in ROS packages alone, and know no folder that a path could
    start from. They read the unit of a Collada file themselves, so the scales stay as they are.
    Meshes and textures that are missing are left out.

    Args:
        urdf: a file that :class:`~robot_learning.robot.urdf.Urdf` has read.
        text: what it says, where that is not what is read from it.
    """
    root = ET.fromstring(urdf_text(urdf) if text is None else text)
    for link in root.findall("link"):
        for part in [*link.findall("visual"), *link.findall("collision")]:
            mesh = part.find("geometry/mesh")
            if mesh is not None and not _found(mesh, urdf.parent):
                link.remove(part)
    for material in root.iter("material"):
        texture = material.find("texture")
        if texture is not None and not _found(texture, urdf.parent):
            material.remove(texture)
    return ET.tostring(root, encoding="unicode")


def _found(element: ET.Element, folder: Path) -> bool:
    """Write an element's file as a URI and say whether it exists."""
    file = resolve_uri(element.get("filename", ""), folder)
    element.set("filename", file.as_uri())
    return file.is_file()
