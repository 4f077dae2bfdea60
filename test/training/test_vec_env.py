import functools
import os
import signal

import numpy as np
import pytest
from gymnasium.wrappers import TimeLimit
from helpers.envs import failing, never, short
from helpers.robots import robot_yaml
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

from robot_learning.base.errors import ConfigError, TrainingError
from robot_learning.envs import ArmEnv
from robot_learning.tasks import TaskSettings
from robot_learning.training.guide import ScriptGuide
from robot_learning.training.vec_env import ArmVecEnv
from robot_learning.training.worker import Manner


@pytest.fixture(scope="module")
def envs():
    envs = ArmVecEnv([short] * 3, 2)
    yield envs
    envs.close()


def alone(env, seed, actions, guided, repeat):
    """Yield what each action comes to, by itself: as Stable-Baselines3 would do it."""
    limited, guide = TimeLimit(env, env.task.steps), ScriptGuide(env, guided or 0.0)

    def begin(seed=None):
        observation = limited.reset(seed=seed)[0]
        if guided is not None:
            guide.begin()
        return observation

    yield begin(seed), None, None, {}
    total = 0.0
    for action in actions:
        told = {}
        if guided is not None:
            action, told["guide"] = guide.act(action)
        for _ in range(repeat):
            observation, reward, _, done, info = limited.step(action)
        total += reward
        info = {**info, **told, "TimeLimit.truncated": done}
        if done:
            info |= {
                "terminal_observation": observation,
                "episode": (total, env.task.steps // repeat),
            }
            observation, total = begin(), 0.0
        yield observation, np.float32(reward), done, info


@pytest.mark.parametrize(
    ("task", "every", "shift", "guided", "repeat", "processes"),
    [
        ("reach", 1, None, None, 2, 1),
        ("push", 2, None, 0.5, 1, 1),
        ("push", 1, "training", 0.5, 2, 2),
    ],
)
def test_each_environment_does_what_it_does_alone(
    tmp_path, task, every, shift, guided, repeat, processes
):
    robot = robot_yaml(tmp_path, policy_every=every)
    settings = {"robot": robot, "task": TaskSettings(task=task, steps=4), "shift": shift}
    make = functools.partial(ArmEnv, **settings)
    guide = None if guided is None else functools.partial(ScriptGuide, share=guided)
    envs = ArmVecEnv([make] * 3, processes, Manner(repeat, guide))
    rng = np.random.default_rng(0)
    actions = rng.uniform(-1, 1, (10, 3, *envs.action_space.shape))
    actions = actions.astype(np.float32)
    singles = [make() for _ in range(3)]
    wanted = [alone(env, 5 + k, actions[:, k], guided, repeat) for k, env in enumerate(singles)]
    envs.seed(5)
    found = envs.reset(), [None] * 3, [None] * 3, [{}] * 3
    for number in range(len(actions) + 1):
        for k, (observation, reward, done, info) in enumerate(map(next, wanted)):
            for key, value in observation.items():
                np.testing.assert_array_equal(found[0][key][k], value)
            assert found[1][k] == reward and found[2][k] == done
            told = found[3][k]
            if "episode" in told:
                told["episode"] = (told["episode"]["r"], told["episode"]["l"])
                info["episode"] = (round(info["episode"][0], 6), info["episode"][1])
            np.testing.assert_equal(told, info)
        if number < len(actions):
            found = envs.step(actions[number])
    for each in (envs, *singles):
        each.close()


def test_it_is_what_a_vector_environment_is_to_stable_baselines():
    envs, theirs = (
        ArmVecEnv([short] * 2),
        DummyVecEnv([lambda: Monitor(TimeLimit(short(), 4))] * 2),
    )
    told = []
    for each in (envs, theirs):
        each.seed(3)
        each.set_options({"goals": lambda time: {"goal": np.array([0.3, 0.0, 0.3])}})
        each.reset()
        begun = [each.reset_infos[0]["distance"]]
        for _ in range(5):
            observations, rewards, dones, infos = each.step(np.zeros((2, 6), dtype=np.float32))
            begun.append(each.reset_infos[0]["distance"])
        kinds = {key: (value.dtype, value.shape) for key, value in observations.items()}
        keys = [sorted(info) for info in infos]
        told.append((kinds, rewards.dtype, dones.dtype, keys, begun))
        each.close()
    assert told[0] == told[1]


def test_each_environment_can_be_asked(envs):
    envs.reset()
    assert envs.env_is_wrapped(TimeLimit) == [False] * 3
    assert envs.get_attr("render_mode", [0, 2]) == [None, None]
    goals = envs.env_method("render", indices=[2])
    assert goals == [None]


def test_only_the_environments_that_are_named_are_set_and_called(envs):
    envs.set_attr("mark", "all")
    envs.set_attr("mark", "some", indices=[2, 1])
    assert envs.get_attr("mark") == ["all", "some", "some"]
    envs.env_method("__setattr__", "mark", "one", indices=1)
    assert envs.get_attr("mark", [2, 1, 0]) == ["some", "one", "all"]


def test_what_an_environment_raises_arrives_and_the_next_answer_is_its_own(envs):
    assert not envs.has_attr("colour")
    with pytest.raises(TrainingError, match="unexpected keyword.*helpers|unexpected keyword"):
        envs.env_method("reset", colour="red", indices=[2])
    assert envs.get_attr("render_mode") == [None] * 3
    with pytest.raises(ConfigError, match=r"nowhere.yaml: no robot"):
        ArmVecEnv([short, failing], 2)


def test_a_killed_process_is_one_line():
    envs = ArmVecEnv([short] * 3, 2)
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


@pytest.mark.parametrize("processes", [1, 2])
def test_an_arm_stopped_for_good_ends_its_episode_and_what_that_costs_is_told(processes):
    ended, earned = [], []
    for stopped in (25.0, None):
        envs = ArmVecEnv([never] * 2, processes, Manner(stopped=stopped))
        envs.reset()
        total = 0.0
        for step in range(4):
            if step == 1:
                envs.env_method("stop", indices=[1])
            _, rewards, dones, infos = envs.step(np.zeros((2, 6), dtype=np.float32))
            total += float(rewards[1])
            if dones[1]:
                ended.append((step, infos[1]["TimeLimit.truncated"], infos[1].get("cost")))
                break
        assert dones[0] == (step == 3)
        earned.append(total)
        envs.close()
    assert ended == [(1, False, 25.0), (3, True, None)]
    assert earned == [-26.0, -4.0]
