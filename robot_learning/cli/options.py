"""Arguments that several verbs share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec

# Help that rich prints takes about twice as long.
PLAIN: Any = {
    "add_completion": False,
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
}
HELP = "Folder of a run or of a bundle, or a shipped policy, e.g. panda-push."
RunOrBundle = Annotated[Path, typer.Argument(help=HELP)]
Robot = Annotated[
    str, typer.Option(help="Robot name or YAML file; the one of the bundle where left out.")
]
Namespace = Annotated[str, typer.Option(help="Of the arm's topics.")]
RosArgs = Annotated[str, typer.Option(help="Remappings, parameters; '-r a:=b -p key:=value'.")]
Yes = Annotated[bool, typer.Option("--yes", help="Let a real arm move without asking first.")]
World = Annotated[
    str,
    typer.Option(
        help="bullet; mujoco, physics no policy was trained in; evaluate: ros, an arm on topics."
    ),
]


def load_bundle(path: Path, robot: str) -> "tuple[PolicyBundle, RobotSpec]":
    """Return the bundle in a run's folder, in its own, or a shipped one, with its robot."""
    from robot_learning.base.errors import ConfigError
    from robot_learning.base.paths import find_bundle
    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec

    if (path / "config.yaml").is_file():
        from robot_learning.training.run import read_config

        robot = robot or read_config(path).robot
        if not (path / "bundle").is_dir():
            raise ConfigError(f"{path}: a run without a bundle yet; end it with: train --resume")
        path = path / "bundle"
    bundle = PolicyBundle.load(find_bundle(path))
    return bundle, RobotSpec.load(robot or bundle.robot["name"])


def trained_as(path: Path) -> tuple[str, str]:
    """Return the robot and the task that a run or a bundle is of, by name or path."""
    if (path / "config.yaml").is_file():
        from robot_learning.training.run import read_config

        run = read_config(path)
        return run.robot, run.task
    bundle = load_bundle(path, "")[0]
    return bundle.robot["name"], bundle.task


def output_folder(path: Path, bundle: "PolicyBundle") -> Path:
    """Return where to write about a bundle: its run's folder, never the bundle's own."""
    return path if (path / "config.yaml").is_file() else Path("runs") / bundle.name
