"""A YAML file of ROS parameters, checked before ROS 2 silently leaves out what names no node."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from robot_learning.base.errors import ConfigError
from robot_learning.nodes.system import NodeStart

VALUES = "ros__parameters"


def check_params_file(file: Path, starts: Iterable[NodeStart]) -> None:
    """Refuse a file of which ROS 2 would make nothing.

    Raises:
        ConfigError: where it is no such file, or none of its entries names one of the nodes.
    """
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: not readable: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{file}: expected entries 'NODE: {{{VALUES}: {{...}}}}'")
    entries = list(_entries(file, data, ""))
    nodes = [f"/{start.namespace}/{start.name}".replace("//", "/") for start in starts]
    if not any(_pattern(entry).fullmatch(node) for entry in entries for node in nodes):
        raise ConfigError(f"{file}: {', '.join(entries)}: none of them is of {', '.join(nodes)}")


def _entries(file: Path, data: dict[Any, Any], prefix: str) -> Iterator[str]:
    """Yield the full name of each entry; namespaces may be levels of their own."""
    for key, inner in data.items():
        name = f"{prefix}/{str(key).strip('/')}"
        if not isinstance(inner, dict) or (
            VALUES in inner and not isinstance(inner[VALUES], dict)
        ):
            raise ConfigError(
                f"{file}: {name}: expected '{VALUES}:' and names with values below it"
            )
        if VALUES in inner:
            yield name
        else:
            yield from _entries(file, inner, name)


def _pattern(entry: str) -> re.Pattern[str]:
    """Return ``*`` for one name and ``**`` for any number of them, as rcl reads an entry."""
    words = re.escape(entry).replace(r"/\*\*", "(/[^/]+)*").replace(r"\*", "[^/]+")
    return re.compile(words)
