"""``robot-learning robot``: robots of one's own."""

import typer

from robot_learning.cli import robot_view
from robot_learning.cli.options import PLAIN

app = typer.Typer(help="Look at a robot.", no_args_is_help=True, **PLAIN)
app.command("view")(robot_view.view)


@app.callback()
def group() -> None:
    """Keep ``view`` a command of its own while it is the only one."""
