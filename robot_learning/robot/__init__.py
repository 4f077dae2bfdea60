"""The arm as data: one YAML file and a URDF."""

from robot_learning.robot.spec import RobotSpec, available_robots

__all__ = ["RobotSpec", "available_robots"]
