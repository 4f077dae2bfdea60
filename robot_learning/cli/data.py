"""``robot-learning data``: datasets of demonstrations."""

from pathlib import Path
from typing import Annotated

import typer

from robot_learning.cli.options import PLAIN

app = typer.Typer(help="Look at datasets, replay and convert them.", no_args_is_help=True, **PLAIN)
Folder = Annotated[Path, typer.Argument(help="Folder of a dataset.")]


@app.command()
def info(folder: Folder) -> None:
    """Print what a dataset holds."""
    from robot_learning.cli.tables import print_table
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations.summary import rows

    dataset = Dataset.open(folder)
    print_table(str(folder), rows(dataset))
