import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from helpers.envs import short
from stable_baselines3.common.vec_env import DummyVecEnv

from robot_learning.training.processes import ProcessVecEnv


@pytest.fixture
def envs():
    envs = ProcessVecEnv([short] * 3, 2)
    yield envs
    envs.close()


def test_it_steps_as_one_process_does(envs):
    alone = DummyVecEnv([short] * 3)
    rng = np.random.default_rng(0)
    for each in (envs, alone):
        each.seed(5)
    ours, theirs = envs.reset(), alone.reset()
    for _ in range(6):
        for key in theirs:
            np.testing.assert_array_equal(ours[key], theirs[key])
        actions = rng.uniform(-1, 1, (3, 6)).astype(np.float32)
        ours, rewards, dones, infos = envs.step(actions)
        theirs, wanted, ended, told = alone.step(actions)
        np.testing.assert_allclose(rewards, wanted, rtol=1e-6)
        np.testing.assert_array_equal(dones, ended)
        for one, other in zip(infos, told, strict=True):
            assert one.keys() == other.keys() and one["distance"] == other["distance"]
    alone.close()


def test_each_environment_can_be_asked(envs):
    envs.reset()
    assert envs.env_is_wrapped(TimeLimit) == [True] * 3
    assert envs.get_attr("render_mode", [0, 2]) == [None, None]
    goals = envs.env_method("get_wrapper_attr", "time", indices=[2])
    assert goals == [0.0]


def test_closing_ends_the_processes(envs):
    workers = list(envs._workers)
    envs.close()
    assert not any(worker.is_alive() for worker in workers)
