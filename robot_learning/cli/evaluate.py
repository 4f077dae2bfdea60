"""``robot-learning evaluate``."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.cli.options import Robot, RunOrBundle, World, Yes

if TYPE_CHECKING:
    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec
    from robot_learning.worlds.ros import RosWorld
    from robot_learning.worlds.variation import Case


def evaluate(
    path: RunOrBundle,
    episodes: Annotated[int, typer.Option(min=1, help="Fresh episodes.")] = 200,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first episode.")] = 1_000_000,
    tolerance: Annotated[
        float | None, typer.Option(min=1e-6, help="Distance that counts as reached, m.")
    ] = None,
    shift: Annotated[
        str, typer.Option(help="YAML of shifted physics and sensors: mild, grid, or a path.")
    ] = "",
    robot: Robot = "",
    world: World = "bullet",
    namespace: Annotated[str, typer.Option(help="Of the arm's topics, with --world ros.")] = "",
    reset_service: Annotated[
        str,
        typer.Option(
            help="std_srvs/Trigger that puts the objects back, with --world ros; they are asked "
            "for where it is left out."
        ),
    ] = "",
    ros_args: Annotated[
        str,
        typer.Option(help="With --world ros: remappings, parameters; '-r a:=b -p key:=value'."),
    ] = "",
    yes: Yes = False,
    skip_ladder: Annotated[
        bool, typer.Option("--skip-ladder", help="Let it move before its ladder is climbed.")
    ] = False,
) -> None:
    """Count how often a bundle succeeds, run as it is deployed."""
    from robot_learning.base.folders import owned
    from robot_learning.cli.options import load_bundle, output_folder

    if tolerance is not None and not math.isfinite(tolerance):
        raise ConfigError(f"--tolerance {tolerance}: expected a distance in m")
    if world != "ros" and (namespace or reset_service or ros_args or yes or skip_ladder):
        raise ConfigError(
            "--namespace, --reset-service, --ros-args, --yes, --skip-ladder: need --world ros"
        )
    if world == "ros" and shift:
        raise ConfigError("--shift: world 'ros' has no physics to vary; give sim_node the shift")
    bundle, spec = load_bundle(path, robot)
    if world == "ros":
        from robot_learning.cli.on_topics import announce, on_topics, refuse_low
        from robot_learning.tasks import TaskSettings

        task = TaskSettings(**bundle.task_settings)
        trusted = bundle.object_deviation
        with on_topics(task, spec, namespace, reset_service, ros_args, trusted) as arm:
            refuse_low(arm, bundle, spec, skip_ladder)
            announce(arm, f"{episodes} episodes of {bundle.name}", yes)
            _whole(bundle, spec, episodes, seed, tolerance, "", arm)
        return
    from robot_learning.worlds.variation import load_grid

    cases = load_grid(shift) if shift else None
    if cases is not None:
        folder = output_folder(path, bundle) / "shift"
        with owned(folder):
            _through(cases, bundle, spec, episodes, seed, tolerance, folder, world)
        return
    _whole(bundle, spec, episodes, seed, tolerance, shift, world)


def _whole(
    bundle: "PolicyBundle",
    spec: "RobotSpec",
    episodes: int,
    seed: int,
    tolerance: float | None,
    shift: str,
    world: "str | RosWorld",
) -> None:
    """Evaluate once and print the table."""
    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.evaluation.rollout import evaluate_bundle
    from robot_learning.worlds.variation import load_shifts

    shifts = load_shifts(shift) if shift else None
    with Bars() as bars:
        found = evaluate_bundle(
            bundle, spec, episodes, seed, tolerance, bars.episode, shifts, world
        )
    rows = [
        ("robot", spec.name),
        *([("world", world)] if isinstance(world, str) and world != "bullet" else []),
        ("tolerance", f"{(tolerance or bundle.interface.tolerance) * 1e3:.0f} mm"),
        *([("shifted by", shift)] if shift else []),
        *found.rows(),
        *([] if isinstance(world, str) else world.rows()),
    ]
    print_table(f"{bundle.name} ({bundle.hash[:12]})", rows)


def _through(
    cases: "list[Case]",
    bundle: "PolicyBundle",
    spec: "RobotSpec",
    episodes: int,
    seed: int,
    tolerance: float | None,
    folder: Path,
    world: str,
) -> None:
    """Evaluate case by case; print the table, write it and its plot into ``folder``."""
    import json

    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.evaluation.rollout import evaluate_bundle
    from robot_learning.monitoring.plots import write_shift_plot

    rows, points = [], []
    with Bars() as bars:
        for number, case in enumerate(cases):
            found = evaluate_bundle(
                bundle, spec, episodes, seed, tolerance, shift=case.shift, world=world
            )
            low, high = found.wilson_low, found.wilson_high
            success = f"{found.success_rate:.1%}  ({low:.1%} to {high:.1%})"
            rows.append((f"{case.name} {case.value:g}", success))
            points.append({"name": case.name, "value": case.value, **found.to_dict()})
            bars.episode(number + 1, len(cases))
    print_table(f"{bundle.name} ({bundle.hash[:12]}): {episodes} episodes a row", rows)
    (folder / "shift.json").write_text(json.dumps(points, indent=2), encoding="utf-8")
    plot = write_shift_plot(folder / "shift.png", points)
    Console().print(f"plot: {plot}", soft_wrap=True)
