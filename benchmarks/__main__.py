"""Measure and print one table; ``--robots panda`` and ``--quick`` shorten it."""

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from rich.console import Console
from rich.table import Table

from benchmarks import deployment, experts, guarded, learning, safety, speed


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
    arguments = parser.parse_args()
    if arguments.safety:
        rows = safety.rows(arguments.safety)
    elif arguments.experts:
        rows = experts.rows(arguments.experts)
    else:
        rows = speed.rows()
    if not (arguments.quick or arguments.safety or arguments.experts):
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
