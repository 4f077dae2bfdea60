"""A bundle beside an arm, behind the safety node.

ros2 launch robot_learning deploy.launch.py bundle:=panda-reach
ros2 launch robot_learning deploy.launch.py bundle:=runs/demo/bundle hardware:=real

With hardware:=real nothing is assumed of the arm but ros2_control's topics: joint_states and the
controller's, which the robot's YAML names; start its driver yourself. It begins with a dry run,
and goes on as docs/deploying.md says of the ladder.
"""

from typing import Any

from launch import LaunchDescription
from robot_learning.nodes.launching import DEPLOY, arm_of, description, processes
from robot_learning.nodes.system import deployment


def start(words: dict[str, str]) -> list[Any]:
    return processes(deployment(arm_of(words)), words)


def generate_launch_description() -> LaunchDescription:
    return description(__file__, DEPLOY, start)
