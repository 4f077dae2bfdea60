"""From the start of a process to a policy that solves Reach, beside panda-gym's; in turn."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.learning import Row
from benchmarks.simulation import peer
from robot_learning.policy import PolicyBundle

RUNS = 3
ENOUGH = 0.95
LEARNER = Path(__file__).with_name("peer.py")
CPU = 1 / os.sysconf("SC_CLK_TCK")  # s, the unit of /proc/PID/stat
NEAR = "env.tolerance=0.05"
# What trains, and for how long: until the bundle solves 95 % of 200 episodes, with any seed.
OURS = {
    "imitation": (
        "dagger",
        *(NEAR, "total_steps=1000", "n_envs=4", "eval_episodes=1", "params.learning_starts=300"),
        *("params.gradient_steps=2", "params.batch_size=256"),
    ),
    "SAC": ("sac", NEAR, "total_steps=500", "eval_episodes=1"),
    "PPO": ("ppo", NEAR, "total_steps=5632", "eval_episodes=1"),
    "TQC": ("tqc", NEAR, "total_steps=700", "eval_episodes=1"),
}
TUNED = "PPO, tip, set as ours"
THEIRS = ("PPO, joints", "PPO, tip", TUNED, "TQC, tip")
# What is measured, ours, theirs of which the best counts, the bar; of seconds or of steps.
COMPARED = (
    ("imitation (DAgger): time to 95 %", "imitation", ("PPO, joints",), "0.2", "seconds"),
    ("RL (SAC): time to 95 %", "SAC", ("PPO, tip", "TQC, tip"), "0.5", "seconds"),
    ("the same, theirs tuned", "SAC", THEIRS, "0.5", "seconds"),
    ("PPO: time to 95 %", "PPO", ("PPO, tip",), "0.5", "seconds"),
    ("the same, theirs tuned", "PPO", (TUNED,), "0.5", "seconds"),
    ("TQC with hindsight replay: decisions to 95 %", "TQC", ("TQC, tip",), "1.0", "steps"),
)
UNITS = (("seconds", "s"), ("cpu", "s of CPU"), ("steps", "steps"))


class Took(NamedTuple):
    """What a training took to 95 % of 200 fresh episodes; steps are decisions."""

    seconds: float
    cpu: float
    steps: float


def rows(folder: Path) -> list[Row]:
    """Return what each takes to 95 % within 5 cm as a share of what panda-gym's takes."""
    site = next(Path(peer(folder)).parents[1].glob("lib/python*/site-packages"))
    rounds = []
    for seed in range(RUNS):
        took = {}
        for name in (*OURS, *THEIRS):
            ours = OURS.get(name)
            took[name] = _ours(seed, *ours) if ours else _theirs(site, name, seed)
            print(f"seed {seed}, {name}: {took[name]}", file=sys.stderr)
        rounds.append(took)
    return [_row(rounds, *compared) for compared in COMPARED]


def _row(
    rounds: list[dict[str, Took]], what: str, name: str, others: tuple[str, ...], bar: str, of: str
) -> Row:
    own = [took[name] for took in rounds]
    best = [
        min((took[other] for other in others), key=lambda t: getattr(t, of)) for took in rounds
    ]
    ratio = median(getattr(a, of) / getattr(b, of) for a, b in zip(own, best, strict=True))
    told = [
        ", ".join(
            f"{median(getattr(each, key) for each in took):.0f} {unit}" for key, unit in UNITS
        )
        for took in (own, best)
    ]
    remark = f"{told[0]}; panda-gym {told[1]}, by {' or '.join(others)}"
    return f"panda, reach within 5 cm, {what}", f"{ratio:.2f}", bar, remark


def _ours(seed: int, config: str, *settings: str) -> Took:
    """Train by the command line until a bundle with its evaluation of 200 episodes is there.

    Raises:
        RuntimeError: where fewer than 95 % of them succeed.
    """
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "robot_learning.cli.main", "train", "--robot", "panda"]
        command += ["--config", config, "--seed", str(seed), "--runs", runs, "--name", "quick"]
        for setting in settings:
            command += ["--set", setting]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        run = Path(runs) / "quick"
        while not (run / "bundle" / "SHA256SUMS").is_file() and process.poll() is None:
            time.sleep(0.01)
        if process.poll() is not None:
            raise RuntimeError(f"Reach by {config}, {settings}, seed {seed}: it failed")
        took, spent = time.perf_counter() - began, _cpu(process.pid)
        process.wait()
        bundle = PolicyBundle.load(run / "bundle")
    if (rate := bundle.evaluation["success_rate"]) < ENOUGH:
        raise RuntimeError(f"Reach by {config}, {settings}, seed {seed}: only {rate:.1%}")
    return Took(took, spent, bundle.provenance["steps"])


def _cpu(pid: int) -> float:
    """Return the CPU seconds that a process has taken so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return CPU * (int(fields[11]) + int(fields[12]))


def _theirs(site: Path, recipe: str, seed: int) -> Took:
    """Return what panda-gym takes, by its own measure: once within 5 cm."""
    command = [sys.executable, str(LEARNER), str(site), recipe, str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    return Took(*map(float, done.stdout.splitlines()[-1].split()))
