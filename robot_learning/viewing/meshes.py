"""What a URDF shows of each link, as trimesh reads it."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from trimesh.visual.material import PBRMaterial

from robot_learning.robot.urdf_file import numbers, origin, read_urdf
from robot_learning.viewing.shapes import hull

Colour = tuple[int, ...]  # red, green, blue, opacity: 0 to 255
PALE: Colour = (205, 210, 216, 255)  # of what has no colour


def link_meshes(urdf: Path) -> tuple[dict[str, trimesh.Scene], list[str]]:
    """Return what is seen of each link, in its own frame, m, and what could not be read."""
    root = read_urdf(urdf)
    named = {
        material.get("name", ""): _rgba(material)
        for material in root.iter("material")
        if material.find("color") is not None
    }
    found: dict[str, trimesh.Scene] = {}
    failed = []
    for link in root.findall("link"):
        scene = trimesh.Scene()
        for visual in link.findall("visual"):
            try:
                _add(scene, visual, named)
            except Exception as error:  # whatever a loader makes of a file that it can't read
                name, file = link.get("name"), visual.find("geometry/mesh")
                what = "a shape" if file is None else file.get("filename")
                why = " ".join(str(error).split()) or type(error).__name__
                failed.append(f"link '{name}': {what} is not drawn: {why}")
        if scene.geometry:
            found[link.get("name", "")] = scene
    return found, failed


def glb(scene: Any) -> bytes:
    """Return meshes as a page is given them."""
    return bytes(scene.export(file_type="glb"))


def _add(scene: trimesh.Scene, visual: ET.Element, named: dict[str, Colour]) -> None:
    (shape,) = visual.findall("geometry/*")
    T_link_visual, material = origin(visual), visual.find("material")
    colour = PALE
    if material is not None:
        own = material.find("color") is not None
        colour = _rgba(material) if own else named.get(material.get("name", ""), PALE)
    for mesh in _read(shape):
        mesh.apply_transform(T_link_visual)
        if not _has_colours(mesh):
            mesh.visual = _painted(colour)
        scene.add_geometry(mesh)


def _read(shape: ET.Element) -> list[trimesh.Trimesh]:
    """Return the parts of a shape, in its own frame, m."""
    if shape.tag == "box":
        return [trimesh.creation.box(numbers(shape.get("size", "")))]
    if shape.tag == "mesh":
        scene = trimesh.load_scene(shape.get("filename", ""))
        scale = np.diag([*numbers(shape.get("scale", "1 1 1")), 1.0])
        parts = [part for part in scene.dump() if isinstance(part, trimesh.Trimesh)]
        if not parts:
            raise ValueError("no triangles in it")
        for mesh in parts:
            mesh.apply_transform(scale)
        return parts
    radius = float(shape.get("radius", ""))
    if shape.tag == "sphere":
        return [trimesh.creation.icosphere(subdivisions=3, radius=radius)]
    length = float(shape.get("length", ""))
    if shape.tag == "capsule":
        return [hull(np.array([[0.0, 0.0, -length / 2], [0.0, 0.0, length / 2]]), radius)]
    return [trimesh.creation.cylinder(radius, length)]


def _painted(colour: Colour) -> Any:
    """Return what gives a mesh one colour."""
    paint: Any = PBRMaterial
    worn: Any = trimesh.visual.TextureVisuals
    return worn(material=paint(baseColorFactor=colour, metallicFactor=0.1, roughnessFactor=0.6))


def _has_colours(mesh: trimesh.Trimesh) -> bool:
    return mesh.visual is not None and mesh.visual.kind is not None


def _rgba(material: ET.Element) -> Colour:
    colour = material.find("color")
    assert colour is not None
    return tuple(round(255 * value) for value in numbers(colour.get("rgba", "1 1 1 1")))
