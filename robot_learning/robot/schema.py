"""What a robot's YAML file may say; anything else is an error that names the field."""

from pathlib import Path
from typing import Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    NonNegativeFloat,
    PositiveFloat,
    ValidationError,
)

from robot_learning.errors import ConfigError

Vector3 = tuple[FiniteFloat, FiniteFloat, FiniteFloat]


class Section(BaseModel):
    """A part of a YAML file; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class JointLimits(Section):
    """Limits of one joint: rad, rad/s, rad/s² (m for a prismatic joint)."""

    lower: FiniteFloat | None = None
    upper: FiniteFloat | None = None
    velocity: PositiveFloat | None = None
    acceleration: PositiveFloat | None = None
    tracking_error: PositiveFloat | None = None
    margin: NonNegativeFloat | None = None

    def updated(self, other: "JointLimits") -> "JointLimits":
        """Return these limits with those that ``other`` gives put over them."""
        return self.model_copy(update=other.model_dump(exclude_none=True))


class Box(Section):
    """An axis-aligned box in the base frame, m."""

    lower: Vector3
    upper: Vector3


class Controller(Section):
    """The ros2_control controller that moves the arm."""

    type: Literal["joint_trajectory_controller", "forward_position_controller"] = (
        "joint_trajectory_controller"
    )
    topic: str = "/joint_trajectory_controller/joint_trajectory"


class Pose(Section):
    """A fixed pose in the base frame: m, and roll, pitch, yaw about fixed axes in rad."""

    xyz: Vector3 = (0.0, 0.0, 0.0)
    rpy: Vector3 = (0.0, 0.0, 0.0)

    def matrix(self) -> NDArray[np.float64]:
        """Return the (4, 4) homogeneous transform."""
        (cr, cp, cy), (sr, sp, sy) = np.cos(self.rpy), np.sin(self.rpy)
        T = np.eye(4)
        T[:3, :3] = [
            [cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr],
            [sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr],
            [-sp, cp * sr, cp * cr],
        ]
        T[:3, 3] = self.xyz
        return T


class RobotFile(Section):
    """A robot's YAML file."""

    urdf: str
    base_link: str
    tip_link: str
    home: dict[str, FiniteFloat]
    limits: dict[str, JointLimits]
    workspace: Box
    hold: dict[str, FiniteFloat] = Field(default_factory=dict)
    control_period: PositiveFloat = 0.04
    policy_every: int = Field(default=1, ge=1)
    controller: Controller = Field(default_factory=Controller)
    frames: dict[str, Pose] = Field(default_factory=dict)


def read_robot_file(path: Path) -> RobotFile:
    """Read and check a robot's YAML file.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    try:
        file = RobotFile.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from error
    low, high = np.array(file.workspace.lower), np.array(file.workspace.upper)
    if not (low < high).all():
        raise ConfigError(f"{path}: workspace: lower {low} is not below upper {high}")
    return file


def explain(error: ValidationError) -> str:
    """Return one line that names each wrong field and what was expected there."""
    lines = []
    for item in error.errors():
        where = ".".join(map(str, item["loc"])) or "the file"
        unknown = item["type"] == "extra_forbidden"
        lines.append(f"{where}: {'unknown key' if unknown else item['msg']}")
    return "; ".join(lines)
