"""What a robot's YAML file may say; anything else is an error that names the field."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat, NonNegativeFloat, PositiveFloat, model_validator

from robot_learning.base.settings import Section, read

Vector3 = tuple[FiniteFloat, FiniteFloat, FiniteFloat]
ToolAxis = Literal["x", "y", "z", "-x", "-y", "-z"]
TOOL_AXES: tuple[ToolAxis, ...] = get_args(ToolAxis)
ControllerType = Literal[
    "joint_trajectory_controller", "forward_position_controller", "forward_velocity_controller"
]
VELOCITIES = "forward_velocity_controller"
# They neither interpolate nor come to rest by themselves, so they are streamed to.
STREAMING = ("forward_position_controller", VELOCITIES)
GripperControllerType = Literal["joint_trajectory_controller", "forward_position_controller"]


def usual_topic(kind: str) -> str:
    """Return the topic of an arm's controller that bears the name of its type."""
    return f"{kind}/{'commands' if kind in STREAMING else 'joint_trajectory'}"


class JointLimits(Section):
    """Limits of one joint: rad, rad/s, rad/s², rad/s³ (m for a prismatic joint)."""

    lower: FiniteFloat | None = None
    upper: FiniteFloat | None = None
    velocity: PositiveFloat | None = None
    acceleration: PositiveFloat | None = None
    jerk: PositiveFloat | None = None
    tracking_error: PositiveFloat | None = None
    margin: NonNegativeFloat | None = None

    def updated(self, other: "JointLimits") -> "JointLimits":
        """Return these limits with those that ``other`` gives put over them."""
        return self.model_copy(update=other.model_dump(exclude_none=True))


class Box(Section):
    """An axis-aligned box in the base frame, m."""

    lower: Vector3
    upper: Vector3

    @model_validator(mode="after")
    def _has_room(self) -> "Box":
        if not (np.array(self.lower) < np.array(self.upper)).all():
            raise ValueError(f"lower {self.lower} is not below upper {self.upper}")
        return self


class Controller(Section):
    """The ros2_control controller that moves the arm.

    Attributes:
        type: of the controller.
        topic: that it listens to; its usual name where left out.
    """

    type: ControllerType = "joint_trajectory_controller"
    topic: str | None = None

    @property
    def address(self) -> tuple[str, str]:
        """Its type, and the topic that it listens to."""
        return self.type, self.topic or usual_topic(self.type)


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


class Solid(Pose):
    """A solid in the base frame; exactly one of the shapes is given.

    Attributes:
        name: what status messages call it.
        box: full edge lengths, m.
        sphere: radius, m.
        capsule: radius, and length of the straight part along its z, m.
        half_space: direction of the free side; ``xyz`` is a point of the plane.
    """

    name: str
    box: tuple[PositiveFloat, PositiveFloat, PositiveFloat] | None = None
    sphere: PositiveFloat | None = None
    capsule: tuple[PositiveFloat, PositiveFloat] | None = None
    half_space: Vector3 | None = None

    @model_validator(mode="after")
    def _one_shape(self) -> "Solid":
        shapes = ("box", "sphere", "capsule", "half_space")
        given = [name for name in shapes if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"'{self.name}': give one of {', '.join(shapes)}, not {given}")
        if self.half_space is not None and not np.linalg.norm(self.half_space) > 0:
            raise ValueError(f"'{self.name}': half_space: the direction has no length")
        return self

    def contains(self, point: NDArray[np.float64]) -> bool:
        """Say whether a point (3,), base frame, m, is inside."""
        T = self.matrix()
        if self.half_space is not None:
            return bool((point - T[:3, 3]) @ self.half_space < 0)
        inside = T[:3, :3].T @ (point - T[:3, 3])
        if self.box is not None:
            return bool((np.abs(inside) < np.array(self.box) / 2).all())
        radius, length = self.capsule or (self.sphere or 0.0, 0.0)
        inside[2] -= np.clip(inside[2], -length / 2, length / 2)
        return bool(np.linalg.norm(inside) < radius)


class KeepOut(Solid):
    """A zone that the tip, and the links named, stay out of."""

    links: list[str] = Field(default_factory=list)


class Singularity(Section):
    """Smallest singular value of the tip's linear Jacobian, as a share of the arm's reach."""

    stop: float = Field(default=0.02, gt=0, lt=1)


class SafetySettings(Section):
    """What the safety filter keeps besides the joint limits; every part is always on.

    Attributes:
        collision_margin: distance kept from everything, m; covers the tracking error.
        obstacle_travel: how far something told of at run time may go between two updates, m;
            added to its margin.
        floor: height of the floor, m.
        scene: what stands around the arm.
        workspace: box that the tip stays in; all that is in reach where left out.
        keep_out: zones for the tip and for links.
        tip_speed: m/s.
        reduced_tip_speed: m/s, in the reduced-speed mode.
        singularity: how near a singular configuration the arm may come.
        may_touch: pairs of links whose hulls overlap though the links do not; not checked.
    """

    collision_margin: PositiveFloat = 0.01
    obstacle_travel: NonNegativeFloat = 0.02
    floor: FiniteFloat = 0.0
    scene: list[Solid] = Field(default_factory=list)
    workspace: Box | None = None
    keep_out: list[KeepOut] = Field(default_factory=list)
    tip_speed: PositiveFloat = 1.5
    reduced_tip_speed: PositiveFloat = 0.25
    singularity: Singularity = Field(default_factory=Singularity)
    may_touch: list[tuple[str, str]] = Field(default_factory=list)


class GripperJoint(Section):
    """Where a joint of the gripper stands, rad or m."""

    open: FiniteFloat
    closed: FiniteFloat

    @model_validator(mode="after")
    def _moves(self) -> "GripperJoint":
        if self.open == self.closed:
            raise ValueError("open and closed are the same position")
        return self


class GripperController(Section):
    """The ros2_control controller that moves the gripper.

    Attributes:
        type: of the controller.
        topic: that it listens to; its usual name where left out. The arm's own topic makes the
            gripper's joints joints of the arm's controller.
    """

    type: GripperControllerType = "joint_trajectory_controller"
    topic: str | None = None


class GripperSettings(Section):
    """A gripper; see :class:`robot_learning.robot.gripper.Gripper`.

    Attributes:
        joints: that move together; where the URDF makes one mimic another, both.
        width: clear distance between the fingers when open, m.
        force: largest force or torque at each joint, N or N m.
        time: from closed to open, s.
        controller: what moves it.
    """

    joints: dict[str, GripperJoint] = Field(min_length=1)
    width: PositiveFloat
    force: PositiveFloat
    time: PositiveFloat = 0.5
    controller: GripperController = Field(default_factory=GripperController)


class RobotFile(Section):
    """A robot's YAML file.

    Attributes:
        urdf: path, from this file's folder, or ``package://<package>/<path>``.
        base_link: link whose frame poses are given in.
        tip_link: link whose origin is the tip.
        tool_axis: axis of the tip's frame that points out of the tool.
        home: a safe configuration free of collision, rad or m.
        limits: of each joint, and ``default`` for all; they may only tighten the URDF's.
        workspace: the box that goals lie in.
        gravity: direction in which it pulls, base frame; -z of the URDF's root if left out.
        hold: where movable joints outside the chain stay, rad or m.
        gripper: what opens and closes at the tip.
        control_period: s.
        policy_every: control periods in one policy period.
        controller: what moves the arm.
        frames: further frames that a goal may be given in.
        safety: what the safety filter keeps besides the joint limits.
    """

    urdf: str
    base_link: str
    tip_link: str
    tool_axis: ToolAxis = "z"
    home: dict[str, FiniteFloat]
    limits: dict[str, JointLimits]
    workspace: Box
    gravity: Vector3 | None = None
    hold: dict[str, FiniteFloat] = Field(default_factory=dict)
    gripper: GripperSettings | None = None
    control_period: PositiveFloat = 0.04
    policy_every: int = Field(default=1, ge=1)
    controller: Controller = Field(default_factory=Controller)
    frames: dict[str, Pose] = Field(default_factory=dict)
    safety: SafetySettings = Field(default_factory=SafetySettings)


def read_robot_file(path: Path) -> RobotFile:
    """Read and check a robot's YAML file.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    return read(RobotFile, path)
