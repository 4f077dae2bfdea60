"""Send goals to a deployed policy: that of a bundle, or the shipped one of a task.

ros2 launch robot_learning demo.launch.py
ros2 launch robot_learning demo.launch.py task:=push
ros2 launch robot_learning demo.launch.py bundle:=panda-reach

Without a bundle Reach is trained first, and so is a task that no policy is shipped for.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from launch.actions import EmitEvent
from launch.events import Shutdown
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from robot_learning.base.paths import shipped_policy
from robot_learning.nodes.arm import Arm, robot_of
from robot_learning.nodes.launching import (
    DEPLOY,
    arm_of,
    description,
    processes,
    refuse_death,
    whole,
)
from robot_learning.nodes.system import TRAINED, demonstration, record_of
from robot_learning.tasks import load_task


def start(words: dict[str, str]) -> list[Any]:
    arm, goals = arm_of(words), whole(words, "goals", 1)
    if arm.bundle:
        return deploy(arm, goals, words)
    task = arm.task or "reach"
    arm = replace(arm, task="", robot=robot_of(replace(arm, robot=arm.robot or TRAINED)))
    shipped = shipped_policy(arm.robot, task)
    if shipped and task != "reach":
        return deploy(replace(arm, bundle=shipped), goals, words)
    load_task(task)
    run = Path("runs") / f"launch-{Path(arm.robot).stem}-{time.strftime('%Y%m%d-%H%M%S')}"
    # A wrong file of parameters is found before the training, not after it.
    processes(demonstration(replace(arm, bundle="panda-reach"), goals, arm.seed, run), words)

    def trained(event: Any, context: LaunchContext) -> list[Any]:
        refuse_death(event, context)
        return deploy(replace(arm, bundle=str(run / "bundle")), goals, words)

    train = ["--robot", arm.robot, "--task", task, "--seed", str(arm.seed)]
    train += ["--name", run.name, "--runs", "runs"]
    return [
        Node(
            package="robot_learning",
            executable="train",
            output="screen",
            arguments=train,
            on_exit=trained,
        )
    ]


def deploy(arm: Arm, goals: int, words: dict[str, str]) -> list[Any]:
    record = record_of(arm.bundle)

    def ended(event: Any, context: LaunchContext) -> list[Any]:
        refuse_death(event, context)
        return [EmitEvent(event=Shutdown(reason=f"all goals were sent; the record is {record}"))]

    return processes(demonstration(arm, goals, arm.seed, record), words, demo_node=ended)


def generate_launch_description() -> LaunchDescription:
    names = ("goals", *DEPLOY)
    return description(__file__, names, start, bundle="")
