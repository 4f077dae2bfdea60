"""The limits of a joint: what the YAML file says, put into what the URDF does."""

from dataclasses import dataclass
from pathlib import Path

from robot_learning.base.errors import ConfigError
from robot_learning.robot.schema import JointLimits, RobotFile
from robot_learning.robot.urdf import UrdfJoint

# Where the YAML file gives none, rad or m.
TRACKING_ERROR = 0.1
MARGIN = 0.01
# Where it gives none: the full acceleration is there after a fiftieth of a second.
JERK = 50.0


@dataclass(frozen=True)
class MergedLimits:
    """All limits of one joint, none missing."""

    lower: float
    upper: float
    velocity: float
    acceleration: float
    jerk: float
    tracking_error: float
    margin: float

    @property
    def soft_lower(self) -> float:
        """Lowest position that may be commanded."""
        return self.lower + self.margin

    @property
    def soft_upper(self) -> float:
        """Highest position that may be commanded."""
        return self.upper - self.margin


def merged_limits(joint: UrdfJoint, file: RobotFile, path: Path) -> MergedLimits:
    """Return the YAML's limits merged into the URDF's; the YAML may only tighten.

    Raises:
        ConfigError: naming what is missing, looser than the URDF's, or leaves no room.
    """
    asked = file.limits.get("default", JointLimits()).updated(
        file.limits.get(joint.name, JointLimits())
    )
    where = f"{path}: limits.{joint.name}"
    if asked.acceleration is None:
        raise ConfigError(f"{where}.acceleration: missing (rad/s² or m/s²); a URDF has none")
    merged = MergedLimits(
        lower=_tightened("lower", -1, asked.lower, joint.lower, joint, path),
        upper=_tightened("upper", 1, asked.upper, joint.upper, joint, path),
        velocity=_tightened("velocity", 1, asked.velocity, joint.velocity, joint, path),
        acceleration=asked.acceleration,
        jerk=asked.jerk or JERK * asked.acceleration,
        tracking_error=asked.tracking_error or TRACKING_ERROR,
        margin=MARGIN if asked.margin is None else asked.margin,
    )
    if not merged.soft_lower < merged.soft_upper:
        raise ConfigError(
            f"{where}: lower {merged.lower} is not below upper {merged.upper} "
            f"with a margin of {merged.margin} on both sides"
        )
    if not merged.velocity > 0:
        raise ConfigError(f"{where}.velocity: {merged.velocity} is not above 0")
    return merged


def _tightened(
    key: str, sign: int, given: float | None, own: float | None, joint: UrdfJoint, path: Path
) -> float:
    if given is None and own is None:
        raise ConfigError(
            f"{joint.urdf}: joint '{joint.name}' has no {key} limit; "
            f"give limits.{joint.name}.{key} in {path}"
        )
    if given is None or own is None:
        return float(own if given is None else given)  # type: ignore[arg-type]
    if sign * (given - own) > 1e-9:
        raise ConfigError(
            f"{path}: limits.{joint.name}.{key}: {given} is looser than the URDF's {own}; "
            "a YAML file may only tighten"
        )
    return given
