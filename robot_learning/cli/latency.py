"""``robot-learning latency``."""

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import StateError
from robot_learning.cli.options import Namespace, RosArgs, Yes

if TYPE_CHECKING:
    from robot_learning.identification.fit import Fit
    from robot_learning.worlds.ros import RosWorld

MISSED = 0.2  # of the motions that may be told too late
HOW = (
    "Each joint swings by up to 3 degrees (3 cm) to either side of where it is, the tip no faster "
    "than 0.2 m/s.\nWhat the filter does not know of is no obstacle to it."
)


def latency(
    robot: Annotated[str, typer.Argument(help="Robot name or YAML file.")],
    seconds: Annotated[
        float, typer.Option(min=5.0, max=120.0, help="How long the arm moves, s.")
    ] = 12.0,
    out: Annotated[
        Path | None, typer.Option(help="Shift file; runs/ROBOT/latency.yaml where left out.")
    ] = None,
    namespace: Namespace = "",
    ros_args: RosArgs = "",
    yes: Yes = False,
) -> None:
    """Move an arm a little, and find by how much it is late: delay, lag, age of its states."""
    import numpy as np

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.on_topics import announce
    from robot_learning.identification.excitation import drive, plan
    from robot_learning.identification.fit import fit
    from robot_learning.identification.shift import write_shift
    from robot_learning.robot import RobotSpec
    from robot_learning.safety import SafetyFilter
    from robot_learning.worlds.ros import RosWorld

    spec = RobotSpec.load(robot)
    filter = SafetyFilter(spec, reduced_speed=True)
    words = shlex.split(ros_args)
    world = RosWorld(spec, namespace=namespace, ros_args=words, filter=filter)
    try:
        motion = plan(spec, filter, world.rest(), seconds)
        announce(world, f"{seconds:.0f} s of small motions of {spec.name}", yes, HOW)
        with Bars() as bars:
            record = drive(
                world,
                filter,
                motion,
                lambda done, total: bars.show("control periods", done, total),
            )
    finally:
        world.close()
    if world.missed > MISSED * world.periods:
        raise StateError(
            f"{world.missed} of {world.periods} motions were told too late for a fit: end what "
            "keeps this computer busy, and try again"
        )
    found = fit(record)
    _print(spec.name, spec.joints, found, world)
    file = out or Path("runs") / spec.name / "latency.yaml"
    write_shift(file, spec.name, found, float(np.median(world.ages)), spec.control_period)
    typer.echo(f"shift: {file}; train --set env.shift={file} takes it")


def _print(name: str, joints: tuple[str, ...], found: "Fit", world: "RosWorld") -> None:
    import numpy as np

    from robot_learning.cli.tables import print_table
    from robot_learning.identification.fit import STIFF

    def ms(value: float, error: float) -> str:
        return f"{value * 1e3:.1f} ± {error * 1e3:.1f} ms"

    loop = f"{found.servo:.0f} rad/s, damping {found.damping:.2f}"
    p50, p99 = np.percentile(world.ages, [50, 99]) * 1e3
    each = zip(joints, found.joint_lags, found.joint_lag_errors, found.residual, strict=True)
    print_table(
        f"{name}: how late it is (95 % intervals)",
        [
            ("delay, command to motion", ms(found.delay, found.delay_error)),
            ("lag, first order", ms(found.lag, found.lag_error)),
            ("position loop behind it", loop if found.servo < STIFF[0] else "leaves no trace"),
            ("age of a joint state, stamp to receipt", f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"),
            ("", ""),
            *(
                (f"lag of {joint}", f"{ms(lag, error)}; {left * 1e3:.2f} mrad left")
                for joint, lag, error, left in each
            ),
            ("", ""),
            *world.rows(),
        ],
    )
