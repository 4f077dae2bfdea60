import gc
import itertools
import warnings
from dataclasses import replace

import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from helpers.envs import FakeArm, able, rollout
from helpers.processes import output
from stable_baselines3.common.env_checker import check_env as sb3_check_env

import robot_learning.envs  # noqa: F401  registers the ids
from robot_learning.base.errors import ConfigError, StateError
from robot_learning.envs import ArmEnv
from robot_learning.policy.interface import ACTION_MODES
from robot_learning.robot import RobotSpec, available_robots
from robot_learning.safety import SafetyFilter
from robot_learning.tasks import TASKS, TaskSettings
from robot_learning.worlds.bullet.server import bullet


def in_turn():
    """Return each robot with each of its tasks; each task has all kinds of actions and rewards."""
    kinds = list(itertools.product(ACTION_MODES, ("dense", "sparse")))
    robots, tasks = available_robots(), list(TASKS)
    for robot, task in able():
        yield robot, task, *kinds[(robots.index(robot) + tasks.index(task)) % len(kinds)]


def test_each_task_is_checked_with_all_kinds_of_actions_and_rewards():
    for task in TASKS:
        robots = [robot for robot, name in able() if name == task]
        kinds = {checked[2:] for checked in in_turn() if checked[1] == task}
        assert len(kinds) == min(len(robots), 2 * len(ACTION_MODES))


@pytest.mark.parametrize(("robot", "task", "action_mode", "reward"), in_turn())
def test_both_env_checkers_pass(robot, task, action_mode, reward):
    name = "".join(word.title() for word in task.split("_"))
    env = gymnasium.make(
        f"RobotLearning/{name}-v0", robot=robot, action_mode=action_mode, reward=reward
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check_env(env.unwrapped, skip_render_check=True)
        sb3_check_env(env.unwrapped)
    env.close()


def test_seeded_runs_repeat_exactly():
    for one, two in zip(rollout(3), rollout(3), strict=True):
        np.testing.assert_array_equal(one, two)
    assert (rollout(3)[0][0] != rollout(4)[0][0]).any()


def test_seeded_runs_repeat_exactly_across_processes():
    code = (
        "from helpers.envs import rollout; import hashlib;"
        "print(hashlib.sha256(rollout(3)[0].tobytes()).hexdigest())"
    )
    runs = {output(code) for _ in range(2)}
    assert len(runs) == 1 and runs.pop().strip()


def test_goal_step_alone_reaches_goals(spec):
    env = ArmEnv(robot=spec.name)
    part = env.interface.term_slices()["goal_step"]
    reached = 0
    for seed in range(10):
        env.reset(seed=seed)
        for _ in range(50):
            info = env.step(env.flat_observation[part])[4]
        reached += info["is_success"]
    env.close()
    assert reached >= 9


def test_the_arm_keeps_its_limits_whatever_the_actions(spec):
    env = ArmEnv(robot=spec.name)
    rng = np.random.default_rng(0)
    for seed in range(3):
        env.reset(seed=seed)
        for step in range(50):
            action = np.sign(rng.uniform(-1, 1, spec.n)) if step % 7 else np.ones(spec.n)
            info = env.step(action)[4]
            if env.world.arm.touches_floor():
                break
            assert (env.state.q >= spec.lower).all() and (env.state.q <= spec.upper).all()
            assert (np.abs(env.state.qd) <= spec.velocity).all()
            assert info["distance"] < 3.0
    env.close()


def test_compute_reward_is_the_reward_of_the_step():
    env = ArmEnv(robot="arm6")
    env.reset(seed=0)
    observation, reward, _, _, info = env.step(np.ones(6))
    achieved, desired = observation["achieved_goal"], observation["desired_goal"]
    assert env.compute_reward(achieved, desired, info) == reward
    many = env.compute_reward(
        np.array([achieved] * 3), np.array([desired] * 3), np.array([info] * 3)
    )
    np.testing.assert_array_equal(many, [reward] * 3)
    env.close()


def test_any_world_will_do():
    env = ArmEnv(robot="arm6", world=FakeArm(), render_mode="rgb_array")
    assert env.render() is None
    env.reset(seed=0)
    part = env.interface.term_slices()["goal_step"]
    for _ in range(50):
        info = env.step(env.flat_observation[part])[4]
    assert info["is_success"] and info["distance"] < 1e-3
    env.close()


def test_a_picture_is_rendered():
    env = gymnasium.make("RobotLearning/Reach-v0", robot="arm6", render_mode="rgb_array")
    env.reset(seed=0)
    assert env.render().shape == (480, 640, 3)
    env.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"robot": "wallace"},
        {"task": "juggle"},
        {"action_mode": "torque"},
        {"reward": "praise"},
        {"tolerance": -1.0},
        {"render_mode": "hologram"},
        {"world": "flatland"},
    ],
)
def test_bad_arguments_are_refused_by_name(wrong):
    with pytest.raises(ConfigError, match=str(next(iter(wrong.values())))):
        ArmEnv(**wrong)


def test_a_world_without_physics_refuses_shifts_and_objects_that_it_lacks():
    with pytest.raises(ConfigError, match="FakeArm"):
        ArmEnv(robot="arm6", world=FakeArm(), shift="mild")
    with pytest.raises(StateError, match="no input 'object'"):
        ArmEnv(robot="arm6", task="push", world=FakeArm()).reset(seed=0)


def test_an_interface_of_ones_own_is_obeyed_and_one_of_another_robot_refused():
    plain = ArmEnv(robot="arm6", world=FakeArm())
    slow = replace(plain.interface, velocity_scale=0.1, acceleration_scale=0.2)
    env = ArmEnv(robot="arm6", world=FakeArm(), interface=slow)
    env.reset(seed=0)
    for _ in range(20):
        env.step(np.full(env.robot.n, 0.05))
    np.testing.assert_allclose(env.state.qd, 0.05 * 0.1 * env.robot.velocity, atol=1e-9)
    with pytest.raises(ConfigError, match="policy_every: 3"):
        ArmEnv(robot="arm6", world=FakeArm(), interface=replace(slow, policy_every=3))


def test_the_terms_of_an_observation_are_ones_own_or_refused_by_name():
    env = ArmEnv(robot="arm6", world=FakeArm(), observed=("tip_velocity", "previous_action"))
    assert env.reset(seed=0)[0]["observation"].shape == (3 + env.robot.n,)
    for name in ("tip_speed", "tip_position"):
        with pytest.raises(ConfigError, match=f"observation term '{name}'"):
            ArmEnv(robot="arm6", world=FakeArm(), observed=[name])


def test_a_filter_of_ones_own_guards_the_arm():
    robot = RobotSpec.load("arm6")
    env = ArmEnv(robot="arm6", world=FakeArm(), filter=SafetyFilter(robot, reduced_speed=True))
    env.reset(seed=0)
    fast = np.zeros(robot.n)
    fast[0] = 1.0
    assert any(env.step(fast)[4]["command_changed"] for _ in range(20))


def test_a_bad_action_is_refused():
    env = ArmEnv(robot="arm6")
    env.reset(seed=0)
    with pytest.raises(StateError):
        env.step(np.full(6, np.nan))
    with pytest.raises(StateError):
        env.step(np.zeros(3))
    env.close()


def test_an_episode_is_as_long_as_the_task_says():
    settings = TaskSettings(task="reach", steps=4)
    for most, steps in ((None, 4), (3, 3)):
        env = gymnasium.make(
            "RobotLearning/Reach-v0", robot="arm6", task=settings, max_episode_steps=most
        )
        env.reset(seed=0)
        cut = [env.step(np.zeros(6))[3] for _ in range(steps)]
        assert cut == [False] * (steps - 1) + [True]
        env.close()
    assert gymnasium.make("RobotLearning/Reach-v0", robot="arm6").spec.max_episode_steps == 50


def test_an_environment_that_is_not_closed_leaves_no_physics_server():
    env = ArmEnv(robot="arm6")
    client = env.world.server.client
    assert bullet.getConnectionInfo(client)["isConnected"]
    del env
    gc.collect()
    assert not bullet.getConnectionInfo(client)["isConnected"]


def test_a_window_that_can_not_open_is_one_line(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":99")
    with pytest.raises(ConfigError, match="DISPLAY=:99: no X server answers"):
        ArmEnv(robot="arm6", render_mode="human")
    monkeypatch.delenv("DISPLAY")
    with pytest.raises(ConfigError, match="DISPLAY is not set"):
        ArmEnv(robot="arm6", render_mode="human")
