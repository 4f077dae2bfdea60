"""Limits of the joints, where the URDF's are missing or are more than an arm should be told."""

import math
from typing import NamedTuple

from robot_learning.base.errors import ConfigError
from robot_learning.robot.urdf import UrdfJoint

TURN = 3.1  # rad to either side, of a joint that turns farther
SPEED = {"revolute": 3.2, "continuous": 3.2, "prismatic": 0.5}  # rad/s, m/s: at most
ACCELERATION = 12.0  # rad/s² or m/s², at most
RISE = 0.2  # s from rest to full speed


class Derived(NamedTuple):
    """A limit that the YAML file has to hold.

    Attributes:
        value: rad, rad/s, rad/s²; m for a joint that slides.
        why: where it comes from.
    """

    value: float
    why: str


def derived_limits(joint: UrdfJoint) -> dict[str, Derived]:
    """Return the limits to write for a joint, by their keys.

    Raises:
        ConfigError: for a joint that slides as far as nobody says.
    """
    found: dict[str, Derived] = _range(joint)
    most = SPEED[joint.type]
    velocity = joint.velocity or math.inf
    if velocity > most:
        why = "assumed; the URDF has none" if math.isinf(velocity) else f"URDF: {velocity:g}"
        found["velocity"] = Derived(most, why)
    velocity = min(velocity, most)
    value = _rounded(min(ACCELERATION, velocity / RISE))
    found["acceleration"] = Derived(value, f"full speed after {RISE} s, assumed")
    return found


def _range(joint: UrdfJoint) -> dict[str, Derived]:
    lower, upper = joint.lower, joint.upper
    if joint.type == "prismatic":
        if lower is None or upper is None:
            raise ConfigError(
                f"{joint.urdf}: joint '{joint.name}' slides, and has no limits; write "
                '<limit lower="…" upper="…"/>, m'
            )
        return {}
    if lower is not None and upper is not None and upper - lower <= 2 * math.pi:
        return {}
    why = "continuous" if joint.type == "continuous" else "the URDF has none"
    if lower is not None and upper is not None:
        why = f"URDF: {lower:g} to {upper:g}"
    low, high = -TURN if lower is None else lower, TURN if upper is None else upper
    middle = min(max(0.0, low + TURN), high - TURN)
    return {
        "lower": Derived(math.ceil(1e3 * max(low, middle - TURN)) / 1e3, f"one turn; {why}"),
        "upper": Derived(math.floor(1e3 * min(high, middle + TURN)) / 1e3, f"one turn; {why}"),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
