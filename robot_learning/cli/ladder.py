"""``robot-learning ladder``: which rungs a robot and a bundle have passed on the real arm."""

from typing import Annotated

import typer

from robot_learning.cli.options import Robot, RunOrBundle, load_bundle


def ladder(
    path: RunOrBundle,
    robot: Robot = "",
    forget: Annotated[
        bool, typer.Option("--forget", help="Begin anew: delete what the rungs have seen.")
    ] = False,
) -> None:
    """Show what each rung to the real arm has seen, and which one runs next."""
    from robot_learning.cli.tables import print_table
    from robot_learning.monitoring.ladder import FULL, MODES, Record, Seen, summary

    bundle, spec = load_bundle(path, robot)
    record = Record((spec.name, spec.hash), (bundle.name, bundle.hash))
    if forget:
        record.path.unlink(missing_ok=True)
        record.read()
    rows = []
    for mode in MODES:
        seen, closed = record.seen[mode], record.closed(mode)
        missing = seen.missing(mode)
        state = f"passed {seen.passed}" if seen.passed else f"has seen {missing}"
        if mode == FULL:
            state = "open"
        rows.append((mode, f"closed: {closed}" if closed else state))
        if seen != Seen():
            rows.append((" ", summary(seen)))
    print_table(f"{spec.name} with {bundle.name} ({bundle.hash[:12]})", rows)
    typer.echo(f"record: {record.path}")
    typer.echo(
        f"next: ros2 launch robot_learning deploy.launch.py bundle:={path} hardware:=real "
        f"mode:={record.next()}"
    )
