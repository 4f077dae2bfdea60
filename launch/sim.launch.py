"""A simulated arm on ros2_control's topics, alone or in a task's scene.

ros2 launch robot_learning sim.launch.py robot:=panda gui:=true
ros2 launch robot_learning sim.launch.py robot:=panda task:=push seed:=7 shift:=mild
"""

from typing import Any

from launch import LaunchDescription
from robot_learning.nodes.launching import SIM, arm_of, description, processes
from robot_learning.nodes.system import simulation


def start(words: dict[str, str]) -> list[Any]:
    return processes(simulation(arm_of(words)), words)


def generate_launch_description() -> LaunchDescription:
    return description(__file__, SIM, start)
