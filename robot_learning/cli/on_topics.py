"""The arm on ROS 2 topics, for the verbs that move it."""

import math
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from robot_learning.base.errors import ConfigError

if TYPE_CHECKING:
    from robot_learning.robot import RobotSpec
    from robot_learning.tasks import TaskSettings
    from robot_learning.worlds.ros import RosWorld


@contextmanager
def on_topics(
    settings: "TaskSettings",
    spec: "RobotSpec",
    namespace: str,
    reset_service: str,
    ros_args: str,
    object_deviation: float = math.inf,
) -> "Iterator[RosWorld]":
    """Give the arm on the topics as a world, with the objects of a task; end it after.

    Raises:
        RobotLearningError: naming who or what is missing.
    """
    from robot_learning.base.extras import require

    require("ros", "world 'ros'")
    from robot_learning.kinematics import ArmModel
    from robot_learning.tasks import make_task
    from robot_learning.worlds.ros import RosWorld

    task = make_task(settings, ArmModel(spec))
    world = RosWorld(
        spec,
        task.objects,
        gripper=task.gripper,
        object_deviation=object_deviation,
        namespace=namespace,
        reset_service=reset_service,
        ros_args=shlex.split(ros_args),
    )
    try:
        yield world
    finally:
        world.close()


def announce(world: "RosWorld", what: str, yes: bool) -> None:
    """Say what is about to move, and ask where it is a real arm and ``yes`` was not said.

    Raises:
        ConfigError: where nobody can be asked.
        typer.Abort: where the answer is no.
    """
    if world.simulated:
        return
    typer.echo(
        f"{what}: this moves the arm behind {world.topic}.\n"
        "Before each episode it drives to the start, slowly: straight in its joints, or around\n"
        "what is in between; objects are no obstacles to it then. Keep the emergency stop at hand."
    )
    consent(yes)


def consent(yes: bool) -> None:
    """Ask whether a real arm may move, where ``yes`` was not said.

    Raises:
        ConfigError: where nobody can be asked.
        typer.Abort: where the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfigError("a real arm would move: answer at a terminal, or give --yes")
    typer.confirm("Go on?", abort=True)
