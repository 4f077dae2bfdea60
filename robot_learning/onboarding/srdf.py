"""What an SRDF, MoveIt's companion of a URDF, names."""

import xml.etree.ElementTree as ET
from pathlib import Path

from robot_learning.base.errors import ConfigError


def read_states(path: Path) -> dict[str, dict[str, float]]:
    """Return the named states of an SRDF: joint positions, rad or m, those for home first.

    Raises:
        ConfigError: naming the file and what is wrong with it.
    """
    try:
        root = ET.fromstring(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    except ET.ParseError as error:
        raise ConfigError(f"{path}: not valid XML: {error}") from error
    if root.tag != "robot":
        raise ConfigError(f"{path}: starts with <{root.tag}>; an SRDF starts with <robot>")
    found = {}
    for state in root.findall("group_state"):
        name = f"{state.get('group', '')}/{state.get('name', '')}"
        found[name] = dict(_positions(path, state))
    return dict(sorted(found.items(), key=lambda item: _rank(item[0])))


def _positions(path: Path, state: ET.Element) -> list[tuple[str, float]]:
    try:
        return [
            (joint.get("name", ""), float(joint.get("value", "")))
            for joint in state.findall("joint")
            if len(joint.get("value", "").split()) == 1
        ]
    except ValueError as error:
        where = f"{path}: group_state '{state.get('name', '')}'"
        raise ConfigError(f"{where}: <joint> value: expected a number") from error


def _rank(name: str) -> int:
    order = ("home", "ready", "default")
    return next((k for k, word in enumerate(order) if word in name.lower()), len(order))
