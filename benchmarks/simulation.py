"""Steps per second beside panda-gym, block by block in turn; where the time goes."""

import json
import subprocess
import sys
import venv
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import physics
from benchmarks.learning import Row

PEER = "panda-gym==3.0.7"
STEPPER = Path(__file__).with_name("stepper.py")
BLOCKS = 15
TOGETHER = 8  # environments, as many as most trainings have
BARS = {"reach": "10", "push": "6", "pick_and_place": "5"}
TASKS = {
    "reach": "PandaReachJoints-v3",
    "push": "PandaPush-v3",
    "pick_and_place": "PandaPickAndPlace-v3",
}


def rows(folder: Path) -> list[Row]:
    """Return all rows; panda-gym is installed in an environment of its own under ``folder``."""
    python = peer(folder)
    rows = [row for task in TASKS for row in (*_beside(task, python), _inside(task))]
    return [*rows, _tracking(python)]


class Stepper:
    """A process that steps environments when asked to."""

    def __init__(self, python: str, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [python, str(STEPPER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )

    def block(self) -> tuple[float, float]:
        """Return steps a second, and the share of the time inside Bullet, in one block."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            if line.startswith("["):
                rate, inside = json.loads(line)
                return rate, inside
        raise RuntimeError("the process that steps the environment ended")

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def peer(folder: Path) -> str:
    """Return the Python that panda-gym is installed for."""
    home = folder / "panda-gym"
    python = home / "bin" / "python"
    if not python.is_file():
        venv.create(home, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PEER], check=True)
    return str(python)


def _beside(task: str, python: str) -> list[Row]:
    ways = {
        f"{TOGETHER} together, as in training": ("everything", str(TOGETHER)),
        "one alone": ("everything",),
        "one alone, of the safety filter the joint limits": ("limits",),
        "one alone, no safety filter": ("off",),
    }
    ours = [Stepper(sys.executable, "robot_learning", task, *way) for way in ways.values()]
    theirs = Stepper(python, "panda_gym", TASKS[task])
    rounds = [[each.block()[0] for each in (*ours, theirs)] for _ in range(BLOCKS)]
    for each in (*ours, theirs):
        each.close()
    found = []
    for number, way in enumerate(ways):
        ratio = median(rates[number] / rates[-1] for rates in rounds)
        rate = median(rates[number] for rates in rounds)
        found.append(
            (
                f"panda, {task}: steps/s over panda-gym's, {way}",
                f"{ratio:.1f}",
                BARS[task] if number == 0 else "",
                f"{rate:.0f} /s, panda-gym {median(rates[-1] for rates in rounds):.0f} /s",
            )
        )
    return found


def _inside(task: str) -> Row:
    stepper = Stepper(
        sys.executable, "robot_learning", task, "everything", str(TOGETHER), "inside"
    )
    both = [
        (1e6 / rate, 1e6 * share / rate)
        for rate, share in (stepper.block() for _ in range(BLOCKS))
    ]
    stepper.close()
    whole, inside = (median(each) for each in zip(*both, strict=True))
    return (
        f"panda, {task}: of a step, {TOGETHER} together, inside Bullet's own stepping",
        f"{inside:.0f} of {whole:.0f} µs",
        "",
        "",
    )


def _tracking(python: str) -> Row:
    command = [python, str(STEPPER), "panda_gym", TASKS["reach"], "tracking"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    theirs = json.loads(done.stdout.splitlines()[-1])
    ours, other = (
        f"mean {np.mean(errors) * 1e3:.1f}, most {np.max(errors) * 1e3:.1f} mrad"
        for errors in (physics.tracking()[0], theirs)
    )
    return ("panda, reach: worst joint's error", ours, "no worse", f"panda-gym {other}")
