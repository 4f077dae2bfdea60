"""``robot-learning train``."""

import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError

if TYPE_CHECKING:
    from robot_learning.policy import PolicyBundle
    from robot_learning.training.run import RunConfig


def train(
    robot: Annotated[str, typer.Option(help="Robot name or YAML file.")] = "arm6",
    task: Annotated[str, typer.Option(help="Task to learn, or a YAML file of one.")] = "reach",
    config: Annotated[
        str, typer.Option(help="dagger, sac, tqc, ppo, or a YAML file of your own.")
    ] = "dagger",
    override: Annotated[
        list[str] | None,
        typer.Option("--set", help="Change a key, e.g. --set total_steps=50000. Repeatable."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    name: Annotated[str, typer.Option(help="Name of the run.")] = "",
    runs: Annotated[Path, typer.Option(help="Folder of all runs.")] = Path("runs"),
    resume: Annotated[
        Path | None, typer.Option(help="Go on from the checkpoint of this run's folder.")
    ] = None,
) -> None:
    """Train a policy and write its bundle to RUNS/NAME/bundle."""
    if resume is not None:
        with_bars(resume, None)
        return
    run = make_run(robot, task, config, override or [], seed, name or "run")
    name = name or _free_name(runs, f"{Path(task).stem}-{run.robot_name}-{run.train.algorithm}")
    folder = runs / name
    if folder.exists():
        raise ConfigError(f"{folder}: there is a run already; --resume {folder} goes on from it")
    with_bars(folder, run.model_copy(update={"name": name}))


def make_run(
    robot: str, task: str, config: str, overrides: list[str], seed: int, name: str
) -> "RunConfig":
    """Return the resolved configuration of a run.

    Raises:
        ConfigError: where the robot, the task or the training YAML is not usable.
    """
    from robot_learning.robot import RobotSpec
    from robot_learning.robot.spec import find_robot
    from robot_learning.tasks import load_task
    from robot_learning.training.config import load_config
    from robot_learning.training.run import RunConfig
    from robot_learning.training.tracking import code_version

    settings = load_task(task)
    spec = RobotSpec.load(robot)
    return RunConfig(
        name=name,
        robot=str(find_robot(robot)) if Path(robot).is_file() else robot,
        task=str(Path(task).resolve()) if Path(task).is_file() else task,
        seed=seed,
        code=code_version(),
        robot_hash=spec.hash,
        train=load_config(config, overrides, settings.task),
    )


def with_bars(folder: Path, run: "RunConfig | None") -> "PolicyBundle":
    """Train ``run`` in ``folder``, or resume where it is None; show bars, then the outcome."""
    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table

    with Console().status("Loading PyTorch and Stable-Baselines3 ..."):
        from robot_learning.evaluation.rollout import Evaluation
        from robot_learning.training import train as training

    try:
        with Bars() as bars:
            bars.show("train", 0, 1 if run is None else run.train.total_steps)
            if run is None:
                bundle = training.resume(folder, bars)
            else:
                bundle = training.train(run, folder, bars)
    except training.Interrupted as stop:
        Console(stderr=True).print(
            f"{stop}; go on with: robot-learning train --resume {folder}", soft_wrap=True
        )
        raise typer.Exit(128 + stop.signum) from None
    rows = Evaluation(**bundle.evaluation).rows()
    print_table(f"{bundle.name}: {bundle.provenance['steps']} steps", rows)
    Console().print(f"bundle: {bundle.path}", soft_wrap=True)
    return bundle


def _free_name(runs: Path, stem: str) -> str:
    names = (f"{stem}-{number}" for number in itertools.count(1))
    return next(name for name in names if not (runs / name).exists())
