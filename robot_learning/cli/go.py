"""``robot-learning go``."""

import shlex
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.cli.options import Namespace, RosArgs, Yes, load_bundle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from robot_learning.policy import PolicyBundle
    from robot_learning.robot import RobotSpec
    from robot_learning.worlds.ros import RosWorld

    Array = NDArray[np.float64]
START = "start-of-seed"


def go(
    path: Annotated[
        Path, typer.Argument(help="Robot name or YAML file; or a bundle, a run, a shipped policy.")
    ],
    to: Annotated[
        str,
        typer.Option(
            help=f"home; NAME=VALUE,... of joints, rad or m, the others stay; {START}: where a "
            "bundle's episode of --seed begins."
        ),
    ],
    seed: Annotated[int, typer.Option(min=0, help="Of the search, and of that episode.")] = 0,
    namespace: Namespace = "",
    ros_args: RosArgs = "",
    yes: Yes = False,
) -> None:
    """Move an arm on topics to a configuration: straight where that is free, else around."""
    from robot_learning.base.extras import require

    require("ros", "go")
    from robot_learning.worlds.ros import RosWorld

    bundle, spec = _load(path)
    goal = _fixed_goal(to, seed, bundle, spec)
    world = RosWorld(spec, namespace=namespace, ros_args=shlex.split(ros_args))
    with closing(world):
        _leave(world, spec, yes)
        q = world.rest()
        way = world.find_way(_joints(to, spec, q) if goal is None else goal, seed)
        around = f"around what is in the straight way ({way.around})" if way.around else "straight"
        _ask(world, f"{way.kind} way to {to}: {around}, {way.seconds:.1f} s", yes)
        world.drive(way.motion)
        typer.echo(f"the arm is at {to}")


def _load(path: Path) -> "tuple[PolicyBundle | None, RobotSpec]":
    from robot_learning.robot import RobotSpec
    from robot_learning.robot.spec import available_robots

    if path.suffix in (".yaml", ".yml") or str(path) in available_robots():
        return None, RobotSpec.load(path)
    return load_bundle(path, "")


def _fixed_goal(
    to: str, seed: int, bundle: "PolicyBundle | None", spec: "RobotSpec"
) -> "Array | None":
    """Return the goal (n,) where it does not depend on where the arm is."""
    if to == "home":
        return spec.home
    if to != START:
        _joints(to, spec, spec.home)
        return None
    if bundle is None:
        raise ConfigError(f"--to {START}: a robot has no episodes; give a bundle")
    import numpy as np

    from robot_learning.kinematics import ArmModel
    from robot_learning.safety import SafetyFilter
    from robot_learning.tasks import TaskSettings, make_task

    settings = TaskSettings(**bundle.task_settings)
    task = make_task(settings, ArmModel(spec), free=SafetyFilter(spec).is_free)
    return task.free_start(np.random.default_rng(seed)).q


def _joints(to: str, spec: "RobotSpec", q: "Array") -> "Array":
    """Return ``q`` (n,) with the joints that ``to`` names where it says."""
    goal = q.copy()
    for part in to.split(","):
        name, _, value = part.partition("=")
        if name.strip() not in spec.joints:
            known = ", ".join(spec.joints)
            raise ConfigError(f"--to {to}: expected home, {START}, or NAME=VALUE of {known}")
        try:
            goal[spec.joints.index(name.strip())] = float(value)
        except ValueError as error:
            raise ConfigError(f"--to {to}: {name}: '{value}' is no number") from error
    return goal


def _leave(world: "RosWorld", spec: "RobotSpec", yes: bool) -> None:
    """Lead the arm out of what it touches or is too near to, if it does and that is wanted."""
    from robot_learning.planning import leaving_filter, way_out
    from robot_learning.safety.guards import Guards

    q = world.rest()
    near = Guards(spec).too_near(q)
    if not near:
        return
    filter = leaving_filter(spec, q)
    guards = Guards(spec, reduced_speed=True)
    legs = way_out(spec, guards, q)
    seconds = sum(leg.duration for leg in legs)
    _ask(world, f"{near}; a way leads out, away from it all along, {seconds:.1f} s", yes)
    for leg in legs:
        world.drive(leg, filter=filter)


def _ask(world: "RosWorld", what: str, yes: bool) -> None:
    from robot_learning.cli.on_topics import consent

    typer.echo(what)
    if not world.simulated:
        typer.echo(f"This moves the arm behind {world.topic}. Keep the emergency stop at hand.")
        consent(yes)
