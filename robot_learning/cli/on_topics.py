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
    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec
    from robot_learning.tasks import TaskSettings
    from robot_learning.worlds.ros import RosWorld


DRIVES = (
    "Before each episode it drives to the start, slowly: straight in its joints, or around what\n"
    "is in between; objects are no obstacles to it then."
)


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


def announce(world: "RosWorld", what: str, yes: bool, how: str = DRIVES) -> None:
    """Say what is about to move and how; ask where it is a real arm and ``yes`` was not said.

    Raises:
        ConfigError: where nobody can be asked.
        typer.Abort: where the answer is no.
    """
    if world.simulated:
        return
    typer.echo(
        f"{what}: this moves the arm behind {world.topic}.\n{how} Keep the emergency stop at hand."
    )
    consent(yes)


def refuse_low(
    world: "RosWorld", bundle: "PolicyBundle", spec: "RobotSpec", skip_ladder: bool
) -> None:
    """Refuse a policy on a real arm whose ladder to the full mode is not climbed.

    Raises:
        ConfigError: naming what is missing, and the way out.
    """
    from robot_learning.monitoring.ladder import FULL, Record

    record = Record((spec.name, spec.hash), (bundle.name, bundle.hash))
    why = "" if world.simulated else record.closed(FULL)
    if why and not skip_ladder:
        raise ConfigError(
            f"a real arm, and {bundle.name} has not climbed its ladder: {why}; run "
            f"deploy.launch.py with mode:={record.next()} first, or give --skip-ladder"
        )
    if why:
        typer.echo(f"LADDER SKIPPED: {why}", err=True)


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
