"""``robot-learning export``."""

from pathlib import Path
from typing import Annotated

import typer


def export(run: Annotated[Path, typer.Argument(help="Folder of a run.")]) -> None:
    """Write the bundle of a run again, from its last checkpoint."""
    from robot_learning.training.run import command, read_config

    read_config(run)

    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.train import loading

    with loading():
        from robot_learning.training.train import Interrupted, export_run

    try:
        with Bars() as bars:
            bundle = export_run(run, bars)
    except Interrupted as stop:
        hint = f"again with: {command('export', run)}"
        Console(stderr=True).print(f"{stop}; {hint}", soft_wrap=True, markup=False)
        raise typer.Exit(128 + stop.signum) from None
    Console().print(f"bundle: {bundle.path}  {bundle.hash[:12]}", soft_wrap=True)
