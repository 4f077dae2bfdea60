"""Tasks: what is to be brought about, and what it is worth."""

from robot_learning.tasks.settings import TASKS, TaskSettings, load_task, make_task
from robot_learning.tasks.task import Seen, Task, Waypoint

__all__ = [
    "TASKS",
    "Seen",
    "Task",
    "TaskSettings",
    "Waypoint",
    "load_task",
    "make_task",
]
