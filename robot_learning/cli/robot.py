"""``robot-learning robot``: add an arm from its URDF, check it, look at it."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.cli import robot_view
from robot_learning.cli.options import PLAIN

if TYPE_CHECKING:
    from robot_learning.onboarding.draft import Draft
    from robot_learning.robot.controllers import Heard

app = typer.Typer(
    help="Add an arm from its URDF, check it, look at it.", no_args_is_help=True, **PLAIN
)
app.command("view")(robot_view.view)
FILE = "URDF or xacro, or package://NAME/PATH; with --from-ros a topic."


@app.command()
def add(
    file: Annotated[str, typer.Argument(help=FILE, show_default=False)] = "",
    arguments: Annotated[
        list[str] | None, typer.Argument(help="Arguments of a xacro: NAME:=VALUE …")
    ] = None,
    from_ros: Annotated[
        bool, typer.Option("--from-ros", help="Take what a running robot publishes.")
    ] = False,
    srdf: Annotated[Path | None, typer.Option(help="SRDF with named states.")] = None,
    base: Annotated[str, typer.Option(help="Link that poses are given in.")] = "",
    tip: Annotated[str, typer.Option(help="Link that is brought to goals.")] = "",
    mount: Annotated[
        str, typer.Option(help="floor, ceiling, or wall: the base frame's x points down.")
    ] = "floor",
    floor: Annotated[
        float | None, typer.Option(help="Height of the floor in the base frame, m.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="YAML file to write; NAME.yaml here where left out.")
    ] = None,
    train: Annotated[
        bool, typer.Option("--train", help="Train Reach, and evaluate it on 200 episodes.")
    ] = False,
    check: Annotated[bool, typer.Option(help="End with the self-test.")] = True,
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing; take the defaults.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over an older file.")] = False,
) -> None:
    """Write a robot's YAML file from its URDF, say what was assumed, and test it."""
    from robot_learning.base.extras import require
    from robot_learning.onboarding.add import MOUNTS, Wishes, default, make_draft
    from robot_learning.onboarding.writing import yaml_text

    require("train" if train else "sim", "robot add")
    if mount not in MOUNTS:
        raise ConfigError(f"--mount {mount}: expected {', '.join(MOUNTS)}")
    out = _target(out, file, from_ros, force)
    urdf, controllers = _source(file, from_ros, arguments or [], out, force)
    wishes = Wishes(base, tip, srdf, mount, floor, tuple(controllers))
    ask = default if yes or not sys.stdin.isatty() else _ask
    draft = make_draft(urdf, out, wishes, ask)
    command = " ".join(["robot-learning", *sys.argv[1:]])
    out.write_text(yaml_text(draft, command), encoding="utf-8")
    _show(draft)
    typer.echo(f"written: {out}")
    if check:
        _test(str(out))
    if train:
        _train(out)


@app.command()
def check(
    robot: Annotated[str, typer.Argument(help="Robot name or YAML file.")],
    episodes: Annotated[int, typer.Option(min=1, help="Episodes of the expert.")] = 20,
) -> None:
    """Repeat the self-test that ends ``add``; exit code 1 where it fails."""
    from robot_learning.base.extras import require

    require("sim", "robot check")
    _test(robot, episodes)


def _target(out: Path | None, file: str, from_ros: bool, force: bool) -> Path:
    """Return the YAML file to write."""
    if not file and not from_ros:
        raise ConfigError("robot add: give a URDF or a xacro, or --from-ros")
    if out is None:
        name = "robot" if from_ros else Path(file).name.split(".")[0]
        out = Path(f"{name}.yaml")
    if out.suffix not in (".yaml", ".yml"):
        raise ConfigError(f"--out {out}: expected a file that ends in .yaml")
    _free(out, force)
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def _free(file: Path, force: bool) -> None:
    if file.exists() and not force:
        raise ConfigError(f"{file}: is there already; give --force to write over it, or --out")


def _source(
    file: str, from_ros: bool, arguments: Sequence[str], out: Path, force: bool
) -> "tuple[Path, list[Heard]]":
    """Return the URDF file, written beside the YAML where it was none yet; and controllers."""
    from robot_learning.base.paths import resolve_uri
    from robot_learning.robot.description import description
    from robot_learning.robot.urdf_file import expanded

    beside = out.with_suffix(".urdf")
    if from_ros:
        from robot_learning.base.extras import require

        require("ros", "robot add --from-ros")
        from robot_learning.nodes.description import TOPIC, hear

        _free(beside, force)
        text, controllers = hear(file or TOPIC)
        beside.write_text(text, encoding="utf-8")
        return beside, controllers
    urdf = resolve_uri(file, Path.cwd())
    if not urdf.is_file():
        raise ConfigError(f"{file}: no such file")
    if not arguments:
        return _touchable(urdf, out.with_name(f"{out.stem}_hulls.urdf"), force), []
    pairs = dict(argument.partition(":=")[::2] for argument in arguments)
    if "" in pairs or not all(":=" in argument for argument in arguments):
        raise ConfigError(f"{' '.join(arguments)}: arguments of a xacro are written NAME:=VALUE")
    _free(beside, force)
    beside.write_text(description(urdf, expanded(urdf, pairs)), encoding="utf-8")
    return beside, []


def _touchable(urdf: Path, beside: Path, force: bool) -> Path:
    """Return the URDF, or one written beside whose links can be touched as they are seen."""
    from robot_learning.onboarding.shapes import seen_as_touched

    text = seen_as_touched(urdf)
    if text is None:
        return urdf
    _free(beside, force)
    beside.write_bytes(text)
    told = f"{urdf}: no collision geometry; {beside} has that of the visual meshes, as hulls"
    typer.secho(f"look: {told}", fg="yellow", err=True)
    return beside


def _ask(question: str, options: Sequence[str], marked: str) -> str:
    import click

    for number, option in enumerate(options, start=1):
        typer.echo(f"  {number}  {option}")
    numbers = click.IntRange(1, len(options))
    return options[typer.prompt(question, options.index(marked) + 1, type=numbers) - 1]


def _show(draft: "Draft") -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    from robot_learning.onboarding.writing import rows

    table = Table(box=box.SIMPLE_HEAD, title=f"{draft.path.stem}: what was found", pad_edge=False)
    for head in ("key", "value", "from"):
        table.add_column(head, overflow="fold")
    for key, value, source in rows(draft):
        if source:
            table.add_row(key, value, source)
    console = Console(highlight=False)
    console.print(table)
    for remark in draft.remarks:
        console.print(f"look: {remark}", style="yellow", markup=False, soft_wrap=True)


def _test(robot: str, episodes: int = 20) -> None:
    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.onboarding.check import FAIL, self_test

    console, failed = Console(highlight=False, soft_wrap=True), False
    with Bars() as bars:
        for found in self_test(robot, bars.show, episodes):
            failed |= found.verdict == FAIL
            style = {"ok": "green", FAIL: "red"}.get(found.verdict, "")
            line = f"{found.verdict:4}  {found.what:16}  {found.seen}"
            bars.console.print(line, style=style, markup=False, soft_wrap=True)
    console.print("FAIL" if failed else "PASS", style="bold red" if failed else "bold green")
    if failed:
        raise typer.Exit(1)


def _train(robot: Path) -> None:
    from robot_learning.cli.train import loading, with_bars

    with loading():
        import robot_learning.training.train  # noqa: F401  what is slow, before a folder is made
        from robot_learning.training.resolve import make_run
        from robot_learning.training.run import new_folder
    run = make_run(str(robot), "reach", "dagger", [], 0, "run")
    folder = new_folder(Path("runs"), "", f"reach-{run.robot_name}-dagger")
    with_bars(folder, run.model_copy(update={"name": folder.name}))
