"""What one call costs: the filter, pictures, the command line."""

import subprocess
import sys
import time
from statistics import median
from typing import Any

import numpy as np

from benchmarks.learning import Row
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.envs import ArmEnv, CameraObservation
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter


def rows() -> list[Row]:
    return [filtering(), cameras(), command_line()]


def filtering() -> Row:
    spec = RobotSpec.load("panda")
    filter = SafetyFilter(spec)
    filter.reset(spec.home, 0.0)
    rng = np.random.default_rng(0)
    took = []
    for number in range(5000):
        now = number * 0.04
        state = ArmState(*filter.reference(now), now)
        command = JointCommand(rng.uniform(-1, 1, spec.n) * spec.velocity)
        start = time.perf_counter()
        filter.apply(command, state, 0.04, now)
        took.append(time.perf_counter() - start)
    p50, p99 = np.percentile(took, [50, 99]) * 1e6
    return ("panda: SafetyFilter.apply", f"p50 {p50:.0f} us, p99 {p99:.0f} us", "", "")


def cameras() -> Row:
    plain = ArmEnv(robot="panda", task="push")
    ways = {"none": plain} | {
        name: CameraObservation(plain, kinds)
        for name, kinds in (("rgb", ("rgb",)), ("all three", ("rgb", "depth", "segmentation")))
    }
    plain.reset(seed=0)
    action = np.zeros(3)

    def took(env: Any) -> float:
        start = time.perf_counter()
        for _ in range(50):
            env.step(action)
        return (time.perf_counter() - start) / 50 * 1e3

    found = ", ".join(
        f"{name} {median(took(env) for _ in range(5)):.1f}" for name, env in ways.items()
    )
    plain.close()
    return ("panda, push: a step with pictures of 84 x 84", f"{found} ms", "", "TinyRenderer")


def command_line() -> Row:
    def took(*command: str) -> float:
        start = time.perf_counter()
        subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
        return time.perf_counter() - start

    ours = median(took("-m", "robot_learning.cli.main", "--help") for _ in range(7))
    floor = median(took("-c", "import typer") for _ in range(7))
    return ("robot-learning --help", f"{ours:.2f} s", "0.3 s", f"import typer: {floor:.2f} s")
