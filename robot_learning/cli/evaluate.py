"""``robot-learning evaluate``."""

from typing import Annotated

import typer

from robot_learning.cli.options import Robot, RunOrBundle


def evaluate(
    path: RunOrBundle,
    episodes: Annotated[int, typer.Option(min=1, help="Fresh episodes.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first episode.")] = 1_000_000,
    tolerance: Annotated[
        float | None, typer.Option(min=1e-6, help="Distance that counts as reached, m.")
    ] = None,
    robot: Robot = "",
) -> None:
    """Count how often a bundle succeeds, run as it is deployed."""
    from robot_learning.cli.options import load_bundle

    bundle, spec = load_bundle(path, robot)

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.training.evaluate import evaluate_bundle

    with Bars() as bars:
        found = evaluate_bundle(bundle, spec, episodes, seed, tolerance, bars.episode)
    rows = [
        ("robot", spec.name),
        ("tolerance", f"{(tolerance or bundle.interface.tolerance) * 1e3:.0f} mm"),
        *found.rows(),
    ]
    print_table(f"{bundle.name} ({bundle.hash[:12]})", rows)
