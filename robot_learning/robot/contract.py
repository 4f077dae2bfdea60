"""What a bundle or a dataset says of its robot, beside the robot at hand."""

import json
from collections.abc import Mapping
from typing import Any


def differences(
    kept: Mapping[str, Any], own: Mapping[str, Any], where: str, elsewhere: str
) -> list[str]:
    """Return one line for each field in which two contracts differ.

    Args:
        kept: as :meth:`RobotSpec.contract` returned it once.
        own: that of the robot at hand.
        where: what holds the first.
        elsewhere: what holds the second.
    """
    first, second = (flat(json.loads(json.dumps(each))) for each in (kept, own))
    return [
        f"{key}: {first.get(key)} in {where}, {second.get(key)} in {elsewhere}"
        for key in sorted(set(first) | set(second))
        if first.get(key) != second.get(key)
    ]


def flat(given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return values with the names of nested fields joined by dots."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        inner = isinstance(value, dict) and value
        found |= flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return found
