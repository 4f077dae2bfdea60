"""Entry points ``robot-learning`` and ``train``."""

import sys

import typer

from robot_learning.base.errors import RobotLearningError
from robot_learning.cli import demo, evaluate, export, play, safety, train

app = typer.Typer(
    help="From a URDF to a trained policy that moves the arm safely.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("demo")(demo.demo)
app.command("train")(train.train)
app.command("evaluate")(evaluate.evaluate)
app.command("export")(export.export)
app.command("play")(play.play)
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
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    alone.command()(train.train)
    return _run(alone)


def _run(command: typer.Typer) -> int:
    try:
        command()
    except RobotLearningError as error:
        from rich.console import Console

        console = Console(stderr=True, soft_wrap=True, highlight=False)
        console.print("[red]error:[/red]", str(error).replace("[", r"\["))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
