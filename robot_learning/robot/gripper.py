"""A gripper: joints that open and close together, told by one number."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.errors import ConfigError
from robot_learning.base.types import frozen_array
from robot_learning.robot.schema import GripperController, RobotFile
from robot_learning.robot.urdf import UrdfJoint

Array = NDArray[np.float64]
# Where the YAML file names none.
TOPICS = {
    "joint_trajectory_controller": "gripper_controller/joint_trajectory",
    "forward_position_controller": "gripper_controller/commands",
}


@dataclass(frozen=True, eq=False)
class Gripper:
    """Joints outside the chain that move from closed (opening 0) to open (opening 1) together.

    Attributes:
        joints: names of the k joints; where the URDF makes one mimic another, both are here.
        open: (k,) positions when open, rad or m.
        closed: (k,) positions when closed, rad or m.
        width: clear distance between the fingers when open, m.
        force: largest force or torque at each joint, N or N m.
        time: from closed to open, s.
        controller_type: ``joint_trajectory_controller`` or ``forward_position_controller``.
        controller_topic: topic that the controller listens to.
    """

    joints: tuple[str, ...]
    open: Array
    closed: Array
    width: float
    force: float
    time: float
    controller_type: str
    controller_topic: str

    def positions(self, opening: float) -> Array:
        """Return the joint positions (k,) at an opening in [0, 1], rad or m."""
        return self.closed + opening * (self.open - self.closed)

    def opening(self, positions: Array) -> float:
        """Return the opening that joint positions (k,) stand for, the mean over the joints.

        Those of some will do, the first or those that are a number: the others follow.
        """
        return _opening(positions, self.closed, self.open)

    def contract(self) -> dict[str, Any]:
        """Return what a policy trained with this gripper depends on, ready for JSON.

        The controller is left out: it may differ between simulation and reality.
        """
        return {
            "joints": list(self.joints),
            "open": self.open.tolist(),
            "closed": self.closed.tolist(),
            "time": self.time,
        }


@compiled
def _opening(positions: Array, closed: Array, open: Array) -> float:
    total, known = 0.0, 0
    for i in range(positions.shape[0]):
        if not np.isnan(positions[i]):
            total += (positions[i] - closed[i]) / (open[i] - closed[i])
            known += 1
    return total / known


def read_gripper(file: RobotFile, outside: Mapping[str, UrdfJoint], path: Path) -> Gripper | None:
    """Return the gripper that a robot's YAML file describes, or None.

    Args:
        file: what the YAML file says.
        outside: the movable joints outside the chain, by name.
        path: the YAML file.

    Raises:
        ConfigError: naming a joint that is not there, held, or can't go where it is to, or a
            topic that the arm and the gripper can't share.
    """
    settings = file.gripper
    if settings is None:
        return None
    for name, ends in settings.joints.items():
        where = f"{path}: gripper.joints.{name}"
        if name not in outside:
            raise ConfigError(f"{where}: no such joint; expected {', '.join(outside)}")
        if name in file.hold:
            raise ConfigError(f"{path}: hold.{name}: a joint of the gripper is not held")
        low, high = outside[name].lower, outside[name].upper
        for key, value in (("open", ends.open), ("closed", ends.closed)):
            if (low is not None and value < low) or (high is not None and value > high):
                raise ConfigError(f"{where}.{key}: {value} is outside the URDF's [{low}, {high}]")
    return Gripper(
        joints=tuple(settings.joints),
        open=frozen_array([ends.open for ends in settings.joints.values()]),
        closed=frozen_array([ends.closed for ends in settings.joints.values()]),
        width=settings.width,
        force=settings.force,
        time=settings.time,
        controller_type=settings.controller.type,
        controller_topic=_topic(settings.controller, file, path),
    )


def _topic(controller: GripperController, file: RobotFile, path: Path) -> str:
    """Return the topic of the gripper's controller; one of trajectories may be the arm's own."""
    topic = controller.topic or TOPICS[controller.type]
    own = controller.type, topic
    check_shared(f"{path}: gripper.controller.topic", own, file.controller.address)
    return topic


def check_shared(where: str, gripper: tuple[str, str], arm: tuple[str, str]) -> None:
    """Refuse a topic that the controllers of an arm and its gripper can't share.

    Args:
        where: what the error begins with.
        gripper: type and topic of the gripper's controller.
        arm: of the arm's.
    """
    kinds = {gripper[0], arm[0]}
    if gripper[1] == arm[1] and kinds != {"joint_trajectory_controller"}:
        raise ConfigError(
            f"{where}: '{gripper[1]}' is the arm's own; only a joint_trajectory_controller moves "
            "both, so give both that type, or another topic"
        )
