import os
import signal

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from helpers.envs import failing, short
from stable_baselines3.common.vec_env import DummyVecEnv

from robot_learning.base.errors import ConfigError, TrainingError
from robot_learning.training.processes import ProcessVecEnv


@pytest.fixture(scope="module")
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


def test_only_the_environments_that_are_named_are_set_and_called(envs):
    envs.set_attr("mark", "all")
    envs.set_attr("mark", "some", indices=[2, 1])
    assert envs.get_attr("mark") == ["all", "some", "some"]
    envs.env_method("set_wrapper_attr", "mark", "one", indices=1)
    assert envs.get_attr("mark", [2, 1, 0]) == ["some", "one", "all"]


def test_what_an_environment_raises_arrives_and_the_next_answer_is_its_own(envs):
    assert not envs.has_attr("colour")
    with pytest.raises(TrainingError, match="unexpected keyword.*helpers|unexpected keyword"):
        envs.env_method("reset", colour="red", indices=[2])
    assert envs.get_attr("render_mode") == [None] * 3
    with pytest.raises(ConfigError, match=r"nowhere.yaml: no robot"):
        ProcessVecEnv([short, failing], 2)


def test_a_killed_process_is_one_line():
    envs = ProcessVecEnv([short] * 3, 2)
    envs.reset()
    (worker,) = envs._workers
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(TrainingError, match=r"process 2 of 2.*2 to 2.*SIGKILL.*memory"):
        for _ in range(3):
            envs.step(np.zeros((3, 6), dtype=np.float32))
    envs.close()


def test_signals_to_the_group_are_left_to_the_one_that_learns(envs):
    envs.reset()
    for worker in envs._workers:
        os.kill(worker.pid, signal.SIGINT)
        os.kill(worker.pid, signal.SIGTERM)
    envs.step(np.zeros((3, 6), dtype=np.float32))
    assert envs.get_attr("render_mode") == [None] * 3


def test_closing_ends_the_processes(envs):
    workers = list(envs._workers)
    envs.close()
    assert workers and not any(worker.is_alive() for worker in workers)
