"""``robot-learning train``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError

if TYPE_CHECKING:
    from rich.status import Status

    from robot_learning.policy import PolicyBundle
    from robot_learning.training.run import RunConfig


def train(
    context: typer.Context,
    robot: Annotated[
        str, typer.Option(help="Robot name or YAML file; arm6, or the one of --from.")
    ] = "",
    task: Annotated[
        str,
        typer.Option(help="Task to learn, or a YAML file of one; reach, or the one of --from."),
    ] = "",
    config: Annotated[
        str,
        typer.Option(
            help="dagger, bc, sac, tqc, ppo, or a YAML file of your own; dagger, "
            "bc with --demos, sac with --from."
        ),
    ] = "",
    demos: Annotated[
        Path | None, typer.Option(help="Learn from the demonstrations in this folder, by bc.")
    ] = None,
    guide: Annotated[
        Path | None,
        typer.Option("--from", help="Train by sac or tqc, guided by this run or bundle."),
    ] = None,
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
    with loading():
        from robot_learning.cli.options import trained_as
        from robot_learning.training.resolve import change_run, make_run
        from robot_learning.training.run import new_folder, read_config

    if resume is not None:
        _refuse_fixed(context)
        run = change_run(
            read_config(resume),
            override or [],
            robot or None,
            task or None,
            seed if _is_given(context, "seed") else None,
        )
        with_bars(resume, run, again=True)
        return
    if guide is not None:
        its_robot, its_task = trained_as(guide)
        robot, task = robot or its_robot, task or its_task
    config = config or ("bc" if demos else "sac" if guide else "dagger")
    asked = robot or "arm6", task or "reach", config
    run = make_run(*asked, override or [], seed, name or "run", demos, guide)
    stem = f"{Path(task).stem}-{run.robot_name}-{run.train.algorithm}"
    with loading():
        import robot_learning.training.train  # noqa: F401  what is slow, before a folder is made
    folder = new_folder(runs, name, stem)
    with_bars(folder, run.model_copy(update={"name": folder.name}))


def _refuse_fixed(context: typer.Context) -> None:
    """Refuse what a resumed run can't change."""
    options = {
        "config": "config",
        "demos": "demos",
        "guide": "from",
        "name": "name",
        "runs": "runs",
    }
    for parameter, option in options.items():
        if _is_given(context, parameter):
            raise ConfigError(
                f"--{option}: a resumed run keeps its own; change keys with --set, "
                "or begin a new run without --resume"
            )


def _is_given(context: typer.Context, option: str) -> bool:
    source = context.get_parameter_source(option)
    return source is not None and source.name != "DEFAULT"


def loading() -> "Status":
    """Say that what is imported meanwhile takes a while."""
    from rich.console import Console

    return Console().status("Loading PyTorch and Stable-Baselines3 ...")


def with_bars(folder: Path, run: "RunConfig", again: bool = False) -> "PolicyBundle":
    """Train ``run`` in ``folder``, or ``again`` from its checkpoint; show bars and the outcome."""
    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table

    with loading():
        from robot_learning.evaluation.rollout import Evaluation
        from robot_learning.training import train as training
        from robot_learning.training.checkpoint import has_checkpoint
        from robot_learning.training.run import command

    try:
        with Bars() as bars:
            bars.show("train", 0, run.train.total_steps)
            if again:
                bundle = training.resume(folder, bars, run)
            else:
                bundle = training.train(run, folder, bars)
    except training.Interrupted as stop:
        hint = "nothing was kept yet; begin again"
        if has_checkpoint(folder):
            hint = f"go on with: {command('train --resume', folder)}"
        Console(stderr=True).print(f"{stop}; {hint}", soft_wrap=True, markup=False)
        raise typer.Exit(128 + stop.signum) from None
    rows = Evaluation(**bundle.evaluation).rows()
    print_table(f"{bundle.name}: {bundle.provenance['steps']} steps", rows)
    Console().print(f"bundle: {bundle.path}", soft_wrap=True)
    return bundle
