"""Entry points ``robot-learning`` and ``train``."""

import functools
import io
import sys
from collections.abc import Callable
from typing import Any

import typer

from robot_learning.base.errors import RobotLearningError, told
from robot_learning.base.extras import require, way_out
from robot_learning.cli import (
    data,
    demo,
    evaluate,
    export,
    go,
    ladder,
    latency,
    play,
    record,
    robot,
    safety,
    schema,
    train,
)
from robot_learning.cli.options import PLAIN


def _with(extra: str, verb: Callable[..., None]) -> Callable[..., None]:
    """Return a verb that names the extra it needs, where that is not installed."""

    @functools.wraps(verb)
    def checked(*args: Any, **kwargs: Any) -> None:
        require(extra, verb.__name__)
        verb(*args, **kwargs)

    return checked


app = typer.Typer(
    help="From a URDF to a trained policy that moves the arm safely.",
    no_args_is_help=True,
    **PLAIN,
)
app.command("demo")(_with("train", demo.demo))
app.command("train")(_with("train", train.train))
app.command("evaluate")(_with("sim", evaluate.evaluate))
app.command("go")(go.go)
app.command("export")(_with("train", export.export))
app.command("play")(_with("sim", play.play))
app.command("latency")(_with("ros", latency.latency))
app.command("record")(_with("demonstrations", record.record))
app.add_typer(data.app, name="data")
app.command("ladder")(ladder.ladder)
app.add_typer(robot.app, name="robot")
app.command("schema")(schema.schema)
app.add_typer(safety.app, name="safety")


def main() -> int:
    """Run ``robot-learning``; what the user can mend is one line and exit code 1."""
    return _run(app)


def train_main() -> int:
    """Run ``ros2 run robot_learning train ...``; launch files append ``--ros-args`` always."""
    args = sys.argv[1:]
    if "--ros-args" in args:
        place = args.index("--ros-args")
        if [arg for arg in args[place + 1 :] if arg != "--"]:
            words = " ".join(args[place:])
            print(f"error: {words}: train is no node; give its own options", file=sys.stderr)
            return 2
        del sys.argv[1 + place :]
    alone = typer.Typer(**PLAIN)
    alone.command()(_with("train", train.train))
    return _run(alone)


def _run(command: typer.Typer) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal need not know all letters
    try:
        command()
    except RobotLearningError as error:
        return _fail(str(error))
    except ModuleNotFoundError as error:
        line = way_out(error)
        if line is None:
            raise
        return _fail(line)
    except OSError as error:
        return _fail(told(error))
    return 0


def _fail(what: str) -> int:
    """Print one line."""
    from rich.console import Console

    console = Console(stderr=True, soft_wrap=True, highlight=False)
    console.print("[red]error:[/red]", " ".join(what.split()).replace("[", r"\["))
    return 1


if __name__ == "__main__":
    sys.exit(main())
