"""The arm as data and as geometry: specification, kinematics, trajectories."""

from robot_learning.robot.model import ArmModel
from robot_learning.robot.spec import RobotSpec, available_robots
from robot_learning.robot.trajectory import Trajectory
from robot_learning.robot.types import ArmBackend, ArmState, JointCommand

__all__ = [
    "ArmBackend",
    "ArmModel",
    "ArmState",
    "JointCommand",
    "RobotSpec",
    "Trajectory",
    "available_robots",
]
