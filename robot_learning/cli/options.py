"""Arguments that several verbs share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec

RunOrBundle = Annotated[Path, typer.Argument(help="Folder of a run, or of a bundle.")]
Robot = Annotated[
    str, typer.Option(help="Robot name or YAML file; the one of the bundle where left out.")
]


def load_bundle(path: Path, robot: str) -> "tuple[PolicyBundle, RobotSpec]":
    """Return the bundle in a run's folder, or in its own, with its robot."""
    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec

    if (path / "config.yaml").is_file():
        from robot_learning.training.run import read_config

        robot = robot or read_config(path).robot
        path = path / "bundle"
    bundle = PolicyBundle.load(path)
    return bundle, RobotSpec.load(robot or bundle.robot["name"])
