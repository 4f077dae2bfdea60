"""Episodes that show how a task is done: recorded, kept, and told to learners."""

from robot_learning.demonstrations.dataset import Dataset
from robot_learning.demonstrations.episode import Episode
from robot_learning.demonstrations.observe import observations

__all__ = ["Dataset", "Episode", "observations"]
