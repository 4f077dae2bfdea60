"""``robot-learning schema``: what a YAML file may say, for editors."""

import json
from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any

import typer


class Kind(str, Enum):
    """The kinds of YAML files."""

    robot = "robot"
    task = "task"
    train = "train"
    shift = "shift"
    hardware = "hardware"


def schema(kind: Annotated[Kind, typer.Argument(help="Kind of the YAML file.")]) -> None:
    """Print the JSON schema of a kind of YAML file."""
    typer.echo(json.dumps(schema_of(kind.value), indent=2, ensure_ascii=False))


def schema_of(kind: str) -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of a kind of YAML file."""
    from robot_learning.robot.hardware import HardwareFile
    from robot_learning.robot.schema import RobotFile
    from robot_learning.tasks import TaskSettings
    from robot_learning.training.config import train_schema
    from robot_learning.worlds.variation import shift_schema

    makers: dict[str, Callable[[], dict[str, Any]]] = {
        "robot": RobotFile.model_json_schema,
        "task": TaskSettings.model_json_schema,
        "train": train_schema,
        "shift": shift_schema,
        "hardware": HardwareFile.model_json_schema,
    }
    return makers[kind]()
