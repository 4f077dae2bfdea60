"""``robot-learning safety``: what the filter keeps, and attacks on it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.cli.options import PLAIN

if TYPE_CHECKING:
    from robot_learning.assurance.campaign import Tally
    from robot_learning.assurance.constraints import Table
    from robot_learning.robot import RobotSpec

app = typer.Typer(
    help="Show and attack the safety filter of a robot.", no_args_is_help=True, **PLAIN
)

QUICK = 20_000
Robot = Annotated[str, typer.Argument(help="Robot name or YAML file.")]
Seed = Annotated[int, typer.Option(min=0, help="Seed of all commands.")]
Processes = Annotated[int, typer.Option(min=1, help="Processes side by side.")]


@app.command()
def check(
    robot: Robot,
    commands: Annotated[int, typer.Option(min=0, help="Commands of the self-test.")] = QUICK,
    seed: Seed = 0,
) -> None:
    """Print all that the filter of a robot keeps, and test it; exit code 1 where it fails."""
    from robot_learning.assurance.constraints import Table, tables
    from robot_learning.base.extras import missing
    from robot_learning.robot import RobotSpec

    spec = RobotSpec.load(robot)
    if commands or not missing("sim"):
        from robot_learning.assurance.agreement import disagreements

        _refuse(disagreements(spec))
    else:
        told = f"{spec.path}: what Bullet reads of it was not compared; Bullet is not installed"
        typer.secho(told, fg="yellow", err=True)
    for table in tables(spec):
        _print(table)
    if commands:
        from robot_learning.assurance import report

        found = _campaign(robot, commands, seed, (), 1)
        _print(Table("Self-test", report.HEADS, report.rows(found)))
        _end(report.verdict(found))


@app.command()
def fuzz(
    robot: Robot,
    commands: Annotated[int, typer.Option(min=1, help="Commands in all, at least.")] = 1_000_000,
    seed: Seed = 0,
    only: Annotated[list[str] | None, typer.Option(help="An adversary; repeatable.")] = None,
    processes: Processes = 2,
    out: Annotated[Path | None, typer.Option(help="Folder of the report.")] = None,
) -> None:
    """Attack the filter of a robot, let PyBullet judge, and write a report; 1 where it fails."""
    from robot_learning.assurance import report
    from robot_learning.base.folders import owned
    from robot_learning.robot import RobotSpec

    spec = RobotSpec.load(robot)
    folder = out or Path("runs/fuzz") / spec.name
    with owned(folder):
        found = _campaign(robot, commands, seed, only or (), processes)
        _report(spec, seed, found, folder)
    _end(report.verdict(found))


def _report(spec: "RobotSpec", seed: int, found: "dict[str, Tally]", folder: Path) -> None:
    from robot_learning.assurance import report
    from robot_learning.assurance.constraints import Table, tables
    from robot_learning.monitoring.report import write_report

    _print(Table(f"{spec.name}, seed {seed}", report.HEADS, report.rows(found)))
    called = " ".join(["robot-learning", *sys.argv[1:]])
    report.write_json(folder / "campaign.json", spec, seed, called, found)
    report.picture(folder / "commands.png", found)
    write_report(
        folder / "report.html",
        title=f"Safety filter of {spec.name}: {report.verdict(found)}",
        subtitle=f"{report.total(found).commands} commands, judged by PyBullet's contact query",
        rows=report.facts(spec, seed, called),
        tables=[Table("What became of the commands", report.HEADS, report.rows(found))]
        + tables(spec),
        plots={"By adversary": folder / "commands.png"},
    )
    typer.echo(f"report: {folder / 'report.html'}")


def _campaign(
    robot: str, commands: int, seed: int, only: Sequence[str], processes: int
) -> "dict[str, Tally]":
    from robot_learning.assurance.campaign import run
    from robot_learning.cli.bars import Bars

    with Bars() as bars:
        return run(
            robot,
            commands,
            seed,
            only=only,
            processes=processes,
            progress=lambda done, total: bars.show("attack", done, total),
        )


def _print(table: "Table") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number, head in enumerate(table.heads):
        shown.add_column(head, no_wrap=number == 0)
    for row in table.rows or [("none", *[""] * (len(table.heads) - 1))]:
        shown.add_row(*row)
    console = Console(highlight=False)
    console.print(table.title, style="bold")
    console.print(shown)


def _refuse(lines: Sequence[str]) -> None:
    """End with exit code 1 where the engines do not see one and the same robot."""
    for line in lines:
        typer.secho(f"error: {line}", fg="red", err=True)
    if lines:
        raise typer.Exit(1)


def _end(verdict: str) -> None:
    typer.secho(verdict, fg="green" if verdict == "PASS" else "red", bold=True)
    if verdict != "PASS":
        raise typer.Exit(1)
