"""Measure and print one table; ``--robots panda`` and ``--quick`` shorten it."""

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from benchmarks import (
    beyond,
    deployment,
    experts,
    fitting,
    footprint,
    guarded,
    jerk,
    learning,
    onboarding,
    physics,
    planning,
    policies,
    safety,
    simulation,
    speed,
    vectorised,
    wallclock,
)
from robot_learning.base.paths import find_bundle


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--robots", nargs="+", default=["panda", "arm6", "iiwa", "xarm6"])
    parser.add_argument("--runs", type=Path, default=Path("runs/benchmarks"))
    parser.add_argument("--quick", action="store_true", help="timings only, no training")
    parser.add_argument(
        "--safety",
        type=int,
        metavar="COMMANDS",
        default=0,
        help="the safety filter alone, attacked by so many commands a robot",
    )
    parser.add_argument(
        "--experts",
        type=int,
        metavar="EPISODES",
        default=0,
        help="the scripts alone, so many episodes a robot and task",
    )
    parser.add_argument(
        "--latency",
        type=int,
        metavar="EPISODES",
        default=0,
        help="Push by the script where commands and states are late, so many episodes each",
    )
    parser.add_argument(
        "--simulation",
        action="store_true",
        help="environment steps beside panda-gym's, which is installed under --runs",
    )
    parser.add_argument(
        "--wallclock",
        action="store_true",
        help="Reach from nothing to solved, beside panda-gym, which is installed under --runs",
    )
    parser.add_argument(
        "--physics", action="store_true", help="what a longer physics step costs and saves"
    )
    parser.add_argument(
        "--planning",
        type=int,
        metavar="QUERIES",
        default=0,
        help="ways around obstacles on seven arms, so many each, judged by Bullet",
    )
    parser.add_argument(
        "--fitting",
        action="store_true",
        help="delay and lag of an arm, found by a small motion, beside the truth",
    )
    parser.add_argument(
        "--footprint",
        type=float,
        metavar="SECONDS",
        default=0.0,
        help="memory and core share of the deployed nodes, by either executor, for so long each",
    )
    parser.add_argument(
        "--python",
        default=sys.executable,
        help="with --footprint: the interpreter of the install whose nodes are measured",
    )
    parser.add_argument(
        "--policies",
        type=int,
        metavar="SEEDS",
        default=0,
        help="train every task on the Panda with so many seeds, 1000 episodes each",
    )
    parser.add_argument(
        "--onboarding",
        nargs="+",
        type=Path,
        metavar="FOLDER",
        default=[],
        help="robot add with every URDF below these folders; --quick leaves out the training",
    )
    parser.add_argument(
        "--beyond",
        nargs="+",
        type=Path,
        metavar="BUNDLE",
        default=[],
        help="policies of one task beside its script; --episodes each",
    )
    parser.add_argument("--episodes", type=int, default=1000, help="with --beyond")
    parser.add_argument(
        "--jerk", action="store_true", help="peak jerk by the form of what a controller is sent"
    )
    arguments = parser.parse_args()
    everything = False
    if arguments.onboarding:
        folder = arguments.runs / "onboarding"
        rows = list(onboarding.rows(arguments.onboarding, folder, not arguments.quick))
    elif arguments.safety:
        rows = safety.rows(arguments.safety)
    elif arguments.simulation:
        rows = simulation.rows(arguments.runs) + vectorised.rows()
    elif arguments.wallclock:
        rows = wallclock.rows(arguments.runs)
    elif arguments.physics:
        rows = physics.rows()
    elif arguments.planning:
        rows = planning.rows(arguments.planning)
    elif arguments.beyond:
        rows = beyond.rows(arguments.beyond, arguments.episodes)
    elif arguments.jerk:
        rows = jerk.rows()
    elif arguments.policies:
        rows = policies.rows(arguments.runs, arguments.policies)
    elif arguments.fitting:
        rows = fitting.rows(arguments.robots[:2])
    elif arguments.footprint:
        bundle = find_bundle("panda-reach")
        rows = footprint.rows(bundle, "panda", arguments.footprint, arguments.python)
    elif arguments.latency:
        rows = experts.late_rows(arguments.latency)
    elif arguments.experts:
        rows = experts.rows(arguments.experts)
    else:
        rows = speed.rows()
        everything = not arguments.quick
    if everything:
        for robot in arguments.robots:
            rows += learning.rows(robot, arguments.runs)
        rows += guarded.rows(arguments.robots[0], arguments.runs)
        rows += deployment.rows(arguments.runs, arguments.robots[0])
    table = Table(title="robot_learning benchmarks", title_justify="left")
    for heading in ("what", "measured", "bar", "physical limit or remark"):
        table.add_column(heading)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


if __name__ == "__main__":
    main()
