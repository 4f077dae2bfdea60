"""A URDF file as every engine is given it: expanded, checked, its meshes found and in metres."""

import math
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import find_package, resolve_uri
from robot_learning.robot.schema import Pose

Array = NDArray[np.float64]

MOVABLE = ("revolute", "continuous", "prismatic")
HELD = ("floating", "planar")  # can't be commanded; where they are with all coordinates at 0
TYPES = (*MOVABLE, *HELD, "fixed")
SHAPES = ("box", "cylinder", "sphere", "capsule", "mesh")
# How many numbers each attribute holds, by element.
NUMBERS = {
    "origin": {"xyz": 3, "rpy": 3},
    "axis": {"xyz": 3},
    "mass": {"value": 1},
    "inertia": dict.fromkeys(("ixx", "ixy", "ixz", "iyy", "iyz", "izz"), 1),
    "box": {"size": 3},
    "cylinder": {"radius": 1, "length": 1},
    "capsule": {"radius": 1, "length": 1},
    "sphere": {"radius": 1},
    "mesh": {"scale": 3},
    "limit": dict.fromkeys(("lower", "upper", "effort", "velocity"), 1),
    "mimic": dict.fromkeys(("multiplier", "offset"), 1),
}
NEEDED = {"mass", "inertia", "box", "cylinder", "capsule", "sphere"}  # that have no default
XACRO = re.compile(rb"<xacro:|\$[({]")  # what is left to expand
PREFIX = re.compile(rb"<([a-zA-Z_][\w.-]*):|\s([a-zA-Z_][\w.-]*):[\w.-]+\s*=")
HEADER = 65536  # bytes of a Collada file in which its unit is looked for


def is_xacro(path: Path) -> bool:
    """Say whether a file has something in it that xacro expands."""
    return path.suffix == ".xacro" or bool(XACRO.search(path.read_bytes()))


def urdf_text(path: Path) -> bytes:
    """Return a URDF file's text, expanded where it is a xacro.

    Raises:
        ConfigError: where it can't be expanded.
    """
    return _declared(expanded(path, {}) if is_xacro(path) else path.read_bytes().lstrip())


def _declared(text: bytes) -> bytes:
    """Return a URDF's text with all prefixes declared; others than this parser do not ask for it.

    ``drake:…`` and the like stand in many files without.
    """
    used = {found[1] or found[2] for found in PREFIX.finditer(text)} - {b"xml", b"xmlns"}
    missing = sorted(prefix for prefix in used if b"xmlns:" + prefix not in text)
    declared = b"".join(b' xmlns:%s="%s"' % (prefix, prefix) for prefix in missing)
    return re.sub(rb"<robot\b", b"<robot" + declared, text, count=1) if missing else text


def expanded(path: Path, arguments: Mapping[str, str]) -> bytes:
    """Return the text of a xacro, expanded; packages are found without ROS as well.

    Args:
        path: the file.
        arguments: what its ``<xacro:arg>`` are given.

    Raises:
        ConfigError: where it can't be expanded.
    """
    way_out = f"expand it yourself: xacro {path.name} > arm.urdf"
    try:
        import xacro
        from xacro import substitution_args
    except ImportError:
        raise ConfigError(f"{path}: a xacro; install the package xacro, or {way_out}") from None
    find = substitution_args._eval_find
    substitution_args._eval_find = lambda package: str(find_package(package, path.parent))
    try:
        made = xacro.process_file(str(path), mappings=dict(arguments))
        return bytes(made.toxml(encoding="utf-8"))
    except Exception as error:  # xacro's own, the XML parser's, and whatever an expression raises
        raise ConfigError(f"{path}: a xacro that can't be expanded: {_line(error)}") from error
    finally:
        substitution_args._eval_find = find


def read_urdf(path: Path) -> ET.Element:
    """Return a URDF whose mesh files are absolute paths and whose scales turn them into metres.

    Visual meshes that are missing are left out; nothing depends on them.

    Raises:
        ConfigError: naming the file, the element and what is wrong with it.
    """
    try:
        root = ET.fromstring(urdf_text(path))
    except ET.ParseError as error:
        raise ConfigError(f"{path}: not valid XML: {error}") from error
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    if root.tag != "robot":
        raise ConfigError(f"{path}: starts with <{root.tag}>; a URDF starts with <robot>")
    for kind in ("link", "joint"):
        for element in root.findall(kind):
            _check_element(f"{path}: {kind} '{element.get('name', '')}'", element)
    _check_tree(path, root)
    for link in root.findall("link"):
        _find_meshes(path, link)
    for joint in root.findall("joint"):
        _drop_empty_limit(joint)
    return root


def collada_header(file: Path) -> tuple[float, str]:
    """Return what a Collada file calls a unit, m, and which axis it says is up."""
    with file.open("rb") as opened:
        header = opened.read(HEADER)
    unit = re.search(rb"<unit\b[^>]*\bmeter\s*=\s*[\"']([^\"']+)[\"']", header)
    up = re.search(rb"<up_axis>\s*(\w+)\s*</up_axis>", header)
    try:
        return float(unit[1]) if unit else 1.0, up[1].decode() if up else "Y_UP"
    except ValueError:
        raise ConfigError(f"{file}: <unit> meter: no number") from None


def in_metres(collada: bytes) -> bytes:
    """Return a Collada file's text with metres as its unit and z as the axis that is up."""
    collada = re.sub(rb"<unit\b[^>]*/>|<unit\b[^>]*>\s*</unit>", b"", collada)
    collada = re.sub(rb"<up_axis>.*?</up_axis>", b"", collada, flags=re.DOTALL)
    neutral = b'<unit name="meter" meter="1"/><up_axis>Z_UP</up_axis></asset>'
    return collada.replace(b"</asset>", neutral, 1)


def _drop_empty_limit(joint: ET.Element) -> None:
    """Leave out what exporters write where nobody gave a limit: zeros.

    A speed limit of 0 is none. Where lower and upper are 0 as well, so are those.
    """
    limit = joint.find("limit")
    moves = limit is not None and joint.get("type") in MOVABLE
    if limit is None or not moves or float(limit.get("velocity", "1")) > 0:
        return
    del limit.attrib["velocity"]
    if all(float(limit.get(key, "0")) == 0 for key in ("lower", "upper")):
        for key in ("lower", "upper"):
            limit.attrib.pop(key, None)


def _find_meshes(path: Path, link: ET.Element) -> None:
    for part in [*link.findall("visual"), *link.findall("collision")]:
        mesh = part.find("geometry/mesh")
        if mesh is None:
            continue
        name = mesh.get("filename", "")
        file = resolve_uri(name, path.parent)
        if not file.is_file():
            if part.tag == "visual":
                link.remove(part)
                continue
            raise ConfigError(f"{path}: link '{link.get('name')}': mesh '{name}': no file {file}")
        mesh.set("filename", str(file))
        if file.suffix.lower() == ".dae":
            unit, _ = collada_header(file)
            scale = [unit * float(value) for value in mesh.get("scale", "1 1 1").split()]
            mesh.set("scale", " ".join(map(repr, scale)))


def _check_tree(path: Path, root: ET.Element) -> None:
    """Refuse links and joints that do not make one tree."""
    links = [link.get("name", "") for link in root.findall("link")]
    joints = root.findall("joint")
    names = (("link", links), ("joint", [joint.get("name", "") for joint in joints]))
    for kind, given in names:
        for name, count in Counter(given).items():
            if not name or count > 1:
                what = f"{count} have it" if name else "it is empty or missing"
                raise ConfigError(f"{path}: {kind} '{name}': its name must be its own; {what}")
    children = Counter(end(joint, "child") for joint in joints)
    for joint in joints:
        where = f"{path}: joint '{joint.get('name')}'"
        for tag in ("parent", "child"):
            if end(joint, tag) not in links:
                raise ConfigError(f"{where}: {tag}: there is no link '{end(joint, tag)}'")
        if children[end(joint, "child")] > 1:
            raise ConfigError(f"{where}: link '{end(joint, 'child')}' is below another one too")
    roots = [link for link in links if not children[link]]
    if len(roots) != 1:
        found = f"several: {', '.join(roots)}; join them" if roots else "none: its joints go round"
        raise ConfigError(f"{path}: a URDF has one link above all others; here are {found}")


def _check_element(where: str, element: ET.Element) -> None:
    kind = element.get("type", "")
    if element.tag == "joint" and kind not in TYPES:
        raise ConfigError(f"{where}: type '{kind}'; expected one of {', '.join(TYPES)}")
    for part in element.iter():
        for key, count in NUMBERS.get(part.tag, {}).items():
            text = part.get(key)
            if text is None and part.tag not in NEEDED:
                continue
            if not _are_numbers(text or "", count):
                wanted = "a number" if count == 1 else f"{count} numbers"
                raise ConfigError(f"{where}: <{part.tag}> {key}='{text or ''}': expected {wanted}")
    axis = element.find("axis")
    if kind in MOVABLE and axis is not None:
        length = math.hypot(*map(float, axis.get("xyz", "1 0 0").split()))
        if not length > 0:
            raise ConfigError(f"{where}: <axis> xyz: a direction can't be 0 0 0")
    inertial, mass = element.find("inertial"), element.find("inertial/mass")
    if inertial is not None and (mass is None or inertial.find("inertia") is None):
        raise ConfigError(f"{where}: <inertial>: expected <mass> and <inertia> in it")
    if mass is not None and float(mass.get("value", "")) < 0:
        raise ConfigError(f"{where}: <mass> value='{mass.get('value')}': a mass is not below 0")
    for part in [*element.findall("visual"), *element.findall("collision")]:
        shapes = [shape.tag for shape in part.findall("geometry/*")]
        if len(shapes) != 1 or shapes[0] not in SHAPES:
            found = ", ".join(shapes) or "nothing"
            raise ConfigError(
                f"{where}: <{part.tag}> <geometry>: expected one of {', '.join(SHAPES)}; "
                f"there is {found}"
            )


def end(joint: ET.Element, tag: str) -> str:
    """Return the link that a joint has as its ``parent`` or ``child``."""
    found = joint.find(tag)
    return "" if found is None else found.get("link", "")


def origin(part: ET.Element) -> Array:
    """Return the pose (4, 4) of a <visual> or <collision> in its link, m."""
    element = part.find("origin")
    told = {} if element is None else element.attrib
    pose = {key: numbers(told.get(key, "0 0 0")) for key in ("xyz", "rpy")}
    return Pose.model_validate(pose).matrix()


def numbers(text: str) -> list[float]:
    """Return the numbers of an attribute."""
    return [float(word) for word in text.split()]


def _are_numbers(text: str, count: int) -> bool:
    try:
        numbers = [float(part) for part in text.split()]
    except ValueError:
        return False
    return len(numbers) == count and all(math.isfinite(number) for number in numbers)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
