"""What a second core buys, in turn with one process and with other ways to step environments."""

import functools
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from statistics import median
from typing import Any

import numpy as np
from gymnasium import Env
from gymnasium.wrappers import TimeLimit
from stable_baselines3.common.vec_env import DummyVecEnv, SubprocVecEnv, VecEnv

from benchmarks.learning import Row
from benchmarks.simulation import Stepper
from robot_learning.envs import ArmEnv
from robot_learning.training.vec_env import ArmVecEnv

COUNTS = (8, 16, 32)  # environments
BARS = {"bullet": "1.5", "mujoco": "1.7"}
BLOCKS = 11
STEPS = 800  # of all environments together in a block
EPISODE = 50


def _make(world: str = "bullet") -> ArmEnv:
    return ArmEnv(robot="panda", world=world)


def _limited() -> Env[Any, Any]:
    return TimeLimit(_make(), EPISODE)


def rows() -> list[Row]:
    """Return how much faster than one process two are, for each world and number of them."""
    measured = [
        (world, count, *_ratio(world, count)) for world in ("bullet", "mujoco") for count in COUNTS
    ]
    separate, (subproc, dummy) = _separate(), _theirs()
    others = f"two separate processes {separate:.2f}; SubprocVecEnv {subproc:.2f}, "
    others += f"DummyVecEnv {dummy:.2f} (8 environments)"
    return [
        (
            f"panda, reach, {world}: {count} environments in 2 processes over one process",
            f"{ratio:.2f}",
            BARS[world],
            f"{rate:.0f} steps/s; {others if (world, count) == ('bullet', COUNTS[0]) else ''}",
        )
        for world, count, ratio, rate in measured
    ]


def _ratio(world: str, count: int) -> tuple[float, float]:
    """Return how much two processes are faster than one, in turn, and their steps a second."""
    makes = [functools.partial(_make, world)] * count
    both: list[VecEnv] = [ArmVecEnv(makes), ArmVecEnv(makes, 2)]
    rounds = np.array(_in_turn(both))
    return float(np.median(rounds[:, 1] / rounds[:, 0])), float(np.median(rounds[:, 1]))


def _theirs() -> tuple[float, float]:
    """Return how much Stable-Baselines3's two ways are faster than our one process."""
    ways = [
        ArmVecEnv([_make] * COUNTS[0]),
        SubprocVecEnv([_limited] * COUNTS[0]),
        DummyVecEnv([_limited] * COUNTS[0]),
    ]
    rounds = np.array(_in_turn(ways))
    subproc, dummy = np.median(rounds[:, 1:] / rounds[:, :1], axis=0)
    return float(subproc), float(dummy)


def _in_turn(ways: Sequence[VecEnv]) -> list[list[float]]:
    """Return the steps a second of each, block by block; ends them."""
    for envs in ways:
        envs.reset()
        _rate(envs)
    rounds = [[_rate(envs) for envs in ways] for _ in range(BLOCKS)]
    for envs in ways:
        envs.close()
    return rounds


def _rate(envs: VecEnv) -> float:
    """Return the steps a second of one block."""
    rng = np.random.default_rng(0)
    steps, count = STEPS // envs.num_envs, envs.num_envs
    shape = (steps, count, *envs.action_space.shape)  # type: ignore[misc]
    actions = rng.uniform(-1, 1, shape).astype(np.float32)
    start = time.perf_counter()
    for each in actions:
        envs.step(each)
    return steps * count / (time.perf_counter() - start)


def _separate() -> float:
    """Return how much two processes step that share nothing but the machine, over one."""
    both = [Stepper(sys.executable, "robot_learning", "reach", "everything") for _ in range(2)]
    found = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(BLOCKS):
            alone = both[0].block()[0]
            together = list(pool.map(lambda each: each.block()[0], both))
            found.append(sum(together) / alone)
    for each in both:
        each.close()
    return float(median(found))
