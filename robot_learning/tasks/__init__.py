"""Tasks: what to reach for, and what it is worth."""

from robot_learning.tasks.reach import Reach

TASKS = {"reach": Reach}

__all__ = ["TASKS", "Reach"]
