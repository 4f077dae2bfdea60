"""What a policy or a dataset says of its robot, beside the robot at hand."""

import json
from collections.abc import Mapping
from typing import Any

from robot_learning.robot.spec import RobotSpec


def differences(contract: Mapping[str, Any], spec: RobotSpec, where: str) -> list[str]:
    """Return one line for each field in which a contract is not that of ``spec``.

    Args:
        contract: as :meth:`RobotSpec.contract` returned it.
        spec: the robot at hand.
        where: what holds the contract.
    """
    kept, own = (flat(json.loads(json.dumps(each))) for each in (contract, spec.contract()))
    return [
        f"{key}: {kept.get(key)} in the {where}, {own.get(key)} in {spec.path}"
        for key in sorted(set(kept) | set(own))
        if kept.get(key) != own.get(key)
    ]


def flat(given: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return values with the names of nested fields joined by dots."""
    found: dict[str, Any] = {}
    for key, value in given.items():
        inner = isinstance(value, dict) and value
        found |= flat(value, f"{prefix}{key}.") if inner else {f"{prefix}{key}": value}
    return found
