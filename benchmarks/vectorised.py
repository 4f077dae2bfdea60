"""What a second core buys: eight environments at once, in turn with other ways to step them."""

import sys
import time
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

COUNT = 8  # environments
BLOCKS = 15
STEPS = 100  # of all environments in a block
EPISODE = 50


def _make() -> ArmEnv:
    return ArmEnv(robot="panda")


def _limited() -> Env[Any, Any]:
    return TimeLimit(_make(), EPISODE)


def rows() -> list[Row]:
    """Return how much faster than one process two are, and two that know nothing of each other."""
    alone = ArmVecEnv([_make] * COUNT)
    ways: dict[str, VecEnv] = {
        "ours": ArmVecEnv([_make] * COUNT, 2),
        "Stable-Baselines3's": SubprocVecEnv([_limited] * COUNT),
        "one by one": DummyVecEnv([_limited] * COUNT),
    }
    for envs in (alone, *ways.values()):
        envs.reset()
        _rate(envs)
    rounds = [[_rate(envs) for envs in (alone, *ways.values())] for _ in range(BLOCKS)]
    for envs in (alone, *ways.values()):
        envs.close()
    ratios = [median(each[k] / each[0] for each in rounds) for k in (1, 2, 3)]
    return [
        (
            f"panda, reach: {COUNT} environments in 2 processes over one process",
            f"{ratios[0]:.2f}",
            "1.5",
            f"two separate processes {_separate():.2f}; SubprocVecEnv {ratios[1]:.2f}, "
            f"DummyVecEnv {ratios[2]:.2f}",
        )
    ]


def _rate(envs: VecEnv) -> float:
    """Return the steps a second of one block."""
    rng = np.random.default_rng(0)
    shape = (STEPS, COUNT, *envs.action_space.shape)  # type: ignore[misc]
    actions = rng.uniform(-1, 1, shape).astype(np.float32)
    start = time.perf_counter()
    for each in actions:
        envs.step(each)
    return STEPS * COUNT / (time.perf_counter() - start)


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
