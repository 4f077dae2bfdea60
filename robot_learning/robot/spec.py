"""A robot as data: one YAML file and a URDF, read into a frozen ``RobotSpec``."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import resolve_uri
from robot_learning.base.settings import find, shipped
from robot_learning.base.types import frozen_array
from robot_learning.robot.gripper import Gripper, read_gripper
from robot_learning.robot.limits import MergedLimits, merged_limits
from robot_learning.robot.schema import TOOL_AXES, RobotFile, SafetySettings, read_robot_file
from robot_learning.robot.urdf import Urdf, UrdfJoint
from robot_learning.robot.urdf_file import urdf_text

Array = NDArray[np.float64]
# Share of the speed limits that commands may use; an arm overshoots what it follows.
SPEED_MARGIN = 0.98


@dataclass(frozen=True, eq=False)
class RobotSpec:
    """What the package knows of a robot. Joints run from the base to the tip.

    Attributes:
        name: the YAML file's stem.
        path: the YAML file.
        urdf: the URDF file.
        joints: names of the n moving joints of the chain.
        base_link: link whose frame poses are given in.
        tip_link: link whose origin is the tip.
        tool_axis: axis of the tip's frame that points out of the tool: 0, 1 or 2; 3 more where
            it points the other way.
        lower: (n,) position limits, rad or m.
        upper: (n,) position limits, rad or m.
        soft_lower: (n,) limits for commands, tighter by a margin for the tracking error.
        soft_upper: (n,) limits for commands, tighter by a margin for the tracking error.
        velocity: (n,) speed limits, rad/s or m/s.
        soft_velocity: (n,) speed limits for commands, 2 % tighter.
        acceleration: (n,) acceleration and deceleration limits, rad/s² or m/s².
        jerk: (n,) limits on the change of acceleration, rad/s³ or m/s³.
        tracking_error: (n,) largest allowed distance of measured from commanded, rad or m.
        home: (n,) a safe, collision-free configuration.
        hold: positions of movable joints outside the chain; a gripper's are closed here.
        gripper: the gripper, or None.
        workspace_lower: (3,) corner of the box that goals lie in, base frame, m.
        workspace_upper: (3,) the opposite corner, m.
        control_period: s.
        policy_every: control periods in one policy period.
        controller_type: one of :data:`robot_learning.robot.schema.ControllerType`.
        controller_topic: topic that the controller listens to.
        safety: what the safety filter keeps besides the joint limits.
        gravity: (3,) direction in which it pulls, base frame; None: along -z of the URDF's root.
        frames: (4, 4) pose in the base frame of each further frame a goal may be given in.
    """

    name: str
    path: Path
    urdf: Path
    joints: tuple[str, ...]
    base_link: str
    tip_link: str
    tool_axis: int
    lower: Array
    upper: Array
    soft_lower: Array
    soft_upper: Array
    velocity: Array
    soft_velocity: Array
    acceleration: Array
    jerk: Array
    tracking_error: Array
    home: Array
    hold: Mapping[str, float]
    gripper: Gripper | None
    workspace_lower: Array
    workspace_upper: Array
    control_period: float
    policy_every: int
    controller_type: str
    controller_topic: str
    safety: SafetySettings
    gravity: Array | None = None
    frames: Mapping[str, Array] = field(default_factory=dict)

    @classmethod
    def load(cls, name_or_path: str | Path) -> "RobotSpec":
        """Read a robot by the name of a shipped YAML file or by the path of one.

        Raises:
            ConfigError: naming the file, the field and what was expected.
        """
        path = find_robot(name_or_path)
        return cls.of(read_robot_file(path), path)

    @classmethod
    def of(cls, file: RobotFile, path: Path) -> "RobotSpec":
        """Return the robot that ``file`` describes; ``path`` is where it is, or will be.

        Raises:
            ConfigError: naming the file, the field and what was expected.
        """
        urdf = Urdf.load(resolve_uri(file.urdf, path.parent), named_by=path)
        chain = urdf.chain(file.base_link, file.tip_link, named_by=path, hold=file.hold)
        limits = [merged_limits(joint, file, path) for joint in chain]
        home = _home(chain, limits, file, path)
        gripper = read_gripper(file, _outside(urdf, chain), path)
        return cls(
            name=path.stem,
            path=path,
            urdf=urdf.path,
            joints=tuple(joint.name for joint in chain),
            base_link=file.base_link,
            tip_link=file.tip_link,
            tool_axis=TOOL_AXES.index(file.tool_axis),
            lower=frozen_array([limit.lower for limit in limits]),
            upper=frozen_array([limit.upper for limit in limits]),
            soft_lower=frozen_array([limit.soft_lower for limit in limits]),
            soft_upper=frozen_array([limit.soft_upper for limit in limits]),
            velocity=frozen_array([limit.velocity for limit in limits]),
            soft_velocity=frozen_array([SPEED_MARGIN * limit.velocity for limit in limits]),
            acceleration=frozen_array([limit.acceleration for limit in limits]),
            jerk=frozen_array([limit.jerk for limit in limits]),
            tracking_error=frozen_array([limit.tracking_error for limit in limits]),
            home=home,
            hold=_hold(urdf, chain, file, gripper, path),
            gripper=gripper,
            workspace_lower=frozen_array(file.workspace.lower),
            workspace_upper=frozen_array(file.workspace.upper),
            control_period=file.control_period,
            policy_every=file.policy_every,
            controller_type=file.controller.type,
            controller_topic=file.controller.address[1],
            safety=file.safety,
            gravity=_direction(file.gravity, path),
            frames={name: frozen_array(pose.matrix()) for name, pose in file.frames.items()},
        )

    @property
    def n(self) -> int:
        """Number of joints in the chain."""
        return len(self.joints)

    @cached_property
    def tool_direction(self) -> Array:
        """Unit vector (3,) that points out of the tool, in the tip's frame."""
        return np.eye(3)[self.tool_axis % 3] * (1.0 if self.tool_axis < 3 else -1.0)

    @property
    def policy_period(self) -> float:
        """Time between two decisions of the policy, s."""
        return self.control_period * self.policy_every

    @cached_property
    def urdf_sha256(self) -> str:
        """sha256 of the URDF, in hex."""
        return hashlib.sha256(urdf_text(self.urdf)).hexdigest()

    def contract(self) -> dict[str, Any]:
        """Return what a policy trained on this robot depends on, ready for JSON.

        The controller and the paths are left out: they may differ between simulation and reality.
        """
        arrays = (
            "lower upper soft_lower soft_upper velocity soft_velocity acceleration jerk "
            "tracking_error home workspace_lower workspace_upper"
        )
        return {
            "name": self.name,
            "urdf_sha256": self.urdf_sha256,
            "joints": list(self.joints),
            "base_link": self.base_link,
            "tip_link": self.tip_link,
            "tool_axis": self.tool_axis,
            **{key: getattr(self, key).tolist() for key in arrays.split()},
            "hold": dict(self.hold),
            "gripper": self.gripper and self.gripper.contract(),
            "safety": self.safety.model_dump(mode="json"),
            "control_period": self.control_period,
            "policy_every": self.policy_every,
            **({} if self.gravity is None else {"gravity": self.gravity.tolist()}),
        }

    @cached_property
    def hash(self) -> str:
        """sha256 of the contract, in hex."""
        return hashlib.sha256(json.dumps(self.contract(), sort_keys=True).encode()).hexdigest()


def available_robots() -> list[str]:
    """Return the names of the shipped robots."""
    return shipped("robot")


def find_robot(name_or_path: str | Path) -> Path:
    """Return the YAML file of a robot given by name or by path."""
    return find("robot", name_or_path)


def _home(
    chain: list[UrdfJoint], limits: list[MergedLimits], file: RobotFile, path: Path
) -> Array:
    names = [joint.name for joint in chain]
    _check_names(file.home, names, f"{path}: home", complete=True)
    _check_names(file.limits, [*names, "default"], f"{path}: limits", complete=False)
    for name, limit in zip(names, limits, strict=True):
        low, high = limit.soft_lower, limit.soft_upper
        if not low <= file.home[name] <= high:
            raise ConfigError(f"{path}: home.{name}: {file.home[name]} is outside [{low}, {high}]")
    return frozen_array([file.home[name] for name in names])


def _outside(urdf: Urdf, chain: list[UrdfJoint]) -> dict[str, UrdfJoint]:
    return {joint.name: joint for joint in urdf.movable() if joint not in chain}


def _hold(
    urdf: Urdf, chain: list[UrdfJoint], file: RobotFile, gripper: Gripper | None, path: Path
) -> dict[str, float]:
    outside = _outside(urdf, chain)
    _check_names(file.hold, list(outside), f"{path}: hold", complete=False)
    resting = {name: joint.nearest_to_zero() for name, joint in outside.items()}
    if gripper is not None:
        resting |= dict(zip(gripper.joints, gripper.closed.tolist(), strict=True))
    return {**resting, **file.hold}


def _direction(given: Sequence[float] | None, path: Path) -> Array | None:
    if given is not None and not any(given):
        raise ConfigError(f"{path}: gravity: a direction can't be 0, 0, 0")
    return None if given is None else frozen_array(given)


def _check_names(given: Mapping[str, Any], known: list[str], where: str, complete: bool) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(f"{where}.{name}: no such joint; expected {', '.join(known)}")
    missing = [name for name in known if name not in given]
    if complete and missing:
        raise ConfigError(f"{where}: missing {', '.join(missing)}")
