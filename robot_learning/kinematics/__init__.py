"""Where the links are and how they move with the joints."""

from robot_learning.kinematics.model import ArmModel

__all__ = ["ArmModel"]
