"""Tasks: what is to be brought about, and what it is worth."""

from robot_learning.tasks.settings import TASKS, TaskSettings, load_task, make_task
from robot_learning.tasks.task import Task

__all__ = [
    "TASKS",
    "Task",
    "TaskSettings",
    "load_task",
    "make_task",
]
