"""From the start of a process to a policy that solves Reach, beside panda-gym's; in turn."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from benchmarks.learning import Row
from benchmarks.simulation import peer
from robot_learning.policy import PolicyBundle

RUNS = 5
LEARNER = Path(__file__).with_name("peer.py")
# How much it takes for so many metres; the default is for better than two centimetres.
ENOUGH = {
    0.05: ("total_steps=1000", "n_envs=4", "params.gradient_steps=2", "params.batch_size=256"),
    0.02: ("total_steps=4000",),
}


def rows(folder: Path) -> list[Row]:
    """Return how long each takes to 95 % of 200 fresh episodes within 5 cm; ours within 2 too."""
    site = next(Path(peer(folder)).parents[1].glob("lib/python*/site-packages"))
    rounds = [(ours(seed, 0.05), ours(seed, 0.02), theirs(site, seed)) for seed in range(RUNS)]
    near, nearer, other = (median(each[k] for each in rounds) for k in range(3))
    ratio = median(each[0] / each[2] for each in rounds)
    return [
        (
            "panda, reach within 5 cm: process start to 95 % over panda-gym's with PPO",
            f"{ratio:.2f}",
            "0.25",
            f"{near:.1f} s, panda-gym {other:.1f} s; within 2 cm {nearer:.1f} s",
        )
    ]


def ours(seed: int, tolerance: float) -> float:
    """Return the seconds until a bundle with its evaluation of 200 episodes lies there.

    Raises:
        RuntimeError: where fewer than 95 % of them succeed.
    """
    with tempfile.TemporaryDirectory() as runs:
        command = [sys.executable, "-m", "robot_learning.cli.main", "train", "--robot", "panda"]
        command += ["--seed", str(seed), "--runs", runs, "--name", "quick"]
        quick = ("params.learning_starts=300", "eval_episodes=1", f"env.tolerance={tolerance}")
        for setting in (*quick, *ENOUGH[tolerance]):
            command += ["--set", setting]
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        bundle = Path(runs) / "quick" / "bundle"
        while not (bundle / "SHA256SUMS").is_file() and process.poll() is None:
            time.sleep(0.01)
        took = time.perf_counter() - began
        process.wait()
        rate = PolicyBundle.load(bundle).evaluation["success_rate"]
    if rate < 0.95:
        raise RuntimeError(f"Reach within {tolerance} m, seed {seed}: only {rate:.1%}")
    return took


def theirs(site: Path, seed: int) -> float:
    """Return the seconds that panda-gym takes, by its own measure: once within 5 cm."""
    command = [sys.executable, str(LEARNER), str(site), str(seed)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, encoding="utf-8", check=True
    )
    return float(done.stdout.splitlines()[-1].split()[0])
