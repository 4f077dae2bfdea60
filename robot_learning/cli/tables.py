"""Tables a person can read."""

from rich.console import Console
from rich.table import Table


def print_table(title: str, rows: list[tuple[str, str]]) -> None:
    """Print rows of a name and a value; an empty name and value draw a line."""
    table = Table(title=title, title_justify="left", show_header=False)
    for name, value in rows:
        if name:
            table.add_row(name, value)
        else:
            table.add_section()
    Console().print(table)
