"""Train Reach where no bundle is given, then send goals to the deployed policy.

ros2 launch robot_learning demo.launch.py
ros2 launch robot_learning demo.launch.py robot:=arm6 bundle:=runs/reach-arm6-dagger-1/bundle
"""

import time
from pathlib import Path
from typing import Any

from launch.actions import (
    DeclareLaunchArgument,
    EmitEvent,
    IncludeLaunchDescription,
    OpaqueFunction,
    RegisterEventHandler,
)
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node

from launch import LaunchContext, LaunchDescription
from robot_learning.nodes.launching import refuse_death


def start(context: LaunchContext) -> list[Any]:
    robot = LaunchConfiguration("robot").perform(context)
    bundle = LaunchConfiguration("bundle").perform(context)
    gui = LaunchConfiguration("gui").perform(context)
    goals = int(LaunchConfiguration("goals").perform(context))
    if bundle:
        return deploy(robot, Path(bundle), goals, gui)
    run = Path("runs") / f"launch-{robot}-{time.strftime('%Y%m%d-%H%M%S')}"
    train = Node(
        package="robot_learning",
        executable="train",
        output="screen",
        arguments=["--robot", robot, "--name", run.name, "--runs", str(run.parent)],
    )

    def trained(event: Any, context: LaunchContext) -> list[Any]:
        refuse_death(event, context)
        return deploy(robot, run / "bundle", goals, gui)

    return [train, RegisterEventHandler(OnProcessExit(target_action=train, on_exit=trained))]


def deploy(robot: str, bundle: Path, goals: int, gui: str) -> list[Any]:
    here = Path(__file__).parent / "deploy.launch.py"
    arguments = {"robot": robot, "bundle": str(bundle), "gui": gui}
    record = bundle.resolve().parent / "session.json"
    operator = Node(
        package="robot_learning",
        executable="demo_node",
        output="screen",
        parameters=[
            {
                "robot": robot,
                "bundle": str(bundle.resolve()),
                "goals": goals,
                "out": str(record),
            }
        ],
    )

    def ended(event: Any, context: LaunchContext) -> list[Any]:
        refuse_death(event, context)
        return [EmitEvent(event=Shutdown(reason=f"all goals were sent; the record is {record}"))]

    return [
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(here)), launch_arguments=arguments.items()
        ),
        operator,
        RegisterEventHandler(OnProcessExit(target_action=operator, on_exit=ended)),
    ]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription(
        [
            DeclareLaunchArgument("robot", default_value="panda", description="Name or YAML file"),
            DeclareLaunchArgument(
                "bundle", default_value="", description="Policy bundle; empty trains one first"
            ),
            DeclareLaunchArgument("goals", default_value="20", description="Goals to send"),
            DeclareLaunchArgument(
                "gui",
                default_value="false",
                choices=["true", "false"],
                description="Open PyBullet's window",
            ),
            OpaqueFunction(function=start),
        ]
    )
