"""Tasks: what is to be brought about, and what it is worth."""

from robot_learning.tasks.pick import PickAndPlace, Stack
from robot_learning.tasks.push import Push, Slide
from robot_learning.tasks.reach import Reach, ReachPose
from robot_learning.tasks.task import Seen, Start, Task, Waypoint
from robot_learning.tasks.track import TrackTrajectory

TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (Reach, ReachPose, Push, Slide, PickAndPlace, Stack, TrackTrajectory)
}

__all__ = ["TASKS", "Seen", "Start", "Task", "Waypoint"]
