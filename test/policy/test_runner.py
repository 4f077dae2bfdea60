from dataclasses import replace

import numpy as np
import pytest

from robot_learning.base.paths import find_bundle
from robot_learning.base.types import ArmState, Input
from robot_learning.envs import ArmEnv
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, PolicyBundle, PolicyRunner
from robot_learning.policy import runner as runner_module


@pytest.fixture
def runner(bundle, arm6):
    return PolicyRunner(bundle, arm6)


@pytest.fixture
def goal(arm6):
    tip = ArmModel(arm6).forward(arm6.home)[:3, 3]
    return {"goal": Input(tip + [0.02, 0.05, -0.03], 0.0)}


@pytest.fixture
def state(arm6):
    return ArmState(arm6.home, np.zeros(arm6.n), 0.0)


def test_an_episode_replayed_gives_the_same_numbers_bit_for_bit(bundle, arm6):
    env = ArmEnv(robot="arm6")
    env.reset(seed=5)
    runner = PolicyRunner(bundle, arm6)
    for _ in range(50):
        now = env.state.stamp
        inputs = {"goal": Input(env.task.goal, now)}
        result = runner.step(env.state, inputs, now)
        np.testing.assert_array_equal(result.observation, env.flat_observation)
        decoded = env.interface.decode(env.model, result.action, env.state)
        np.testing.assert_array_equal(result.command.qd, decoded.qd)
        info = env.step(result.action)[4]
    assert info["is_success"]


def test_an_action_holds_for_as_many_periods_as_the_interface_says(bundle, arm6, state, goal):
    slow = replace(bundle, interface=replace(bundle.interface, action_repeat=3))
    runner, often = PolicyRunner(slow, arm6), PolicyRunner(bundle, arm6)
    states = [ArmState(state.q + 0.01 * k, state.qd, 0.0) for k in range(7)]
    own = [often.step(each, goal, 0.0).action for each in states]
    held = [runner.step(each, goal, 0.0) for each in states]
    assert all((held[k].action == held[k - k % 3].action).all() for k in range(7))
    assert not (held[3].action == held[2].action).all()
    assert not (own[1] == own[0]).all()
    # What it asks for is of the present state all the same, and so is what it sees.
    assert not (held[1].observation == held[0].observation).all()


@pytest.mark.parametrize("event", ["reset", "refused", "follow"])
def test_it_decides_anew_after_whatever_comes_between(bundle, arm6, state, goal, event):
    slow = replace(bundle, interface=replace(bundle.interface, action_repeat=5))
    runner = PolicyRunner(slow, arm6)
    first = runner.step(state, goal, 0.0).action
    moved = ArmState(state.q + 0.05, state.qd, 0.0)
    assert (runner.step(moved, goal, 0.0).action == first).all()
    if event == "reset":
        runner.reset()
    elif event == "refused":
        assert runner.step(state, goal, 9.0).refused
    else:
        runner.follow(np.zeros_like(first), moved, goal)
    assert not (runner.step(moved, goal, 0.0).action == first).all()


@pytest.mark.parametrize("name", ["panda-reach_pose", "panda-stack", "panda-track_trajectory"])
def test_the_decision_made_up_at_the_start_can_be_made(name, monkeypatch):
    tried = []
    monkeypatch.setattr(runner_module, "load_soon", lambda attempt: tried.append(attempt))
    runner = PolicyRunner(PolicyBundle.load(find_bundle(name)))
    pushed, push = [], History.push
    monkeypatch.setattr(History, "push", lambda *given: pushed.append(1) or push(*given))
    tried[0]()
    assert pushed and not runner._history.previous_action.any()


def test_a_stale_state_gives_no_command(runner, state, goal):
    result = runner.step(state, goal, 1.0)
    assert result.command is None and "joint state" in result.refused
    assert runner.step(state, goal, float("nan")).command is None


def test_a_missing_goal_gives_no_command(runner, state):
    result = runner.step(state, {}, 0.0)
    assert result.command is None and "goal" in result.refused


def test_a_state_that_is_not_finite_gives_no_command(runner, state, goal):
    bad = ArmState(state.q * np.nan, state.qd, 0.0)
    assert runner.step(bad, goal, 0.0).command is None


def test_reset_forgets_the_last_action(runner, state, goal):
    first = runner.step(state, goal, 0.0).observation
    runner.step(state, goal, 0.0)
    runner.reset()
    np.testing.assert_array_equal(runner.step(state, goal, 0.0).observation, first)


def test_a_new_goal_does_not_stop_the_arm_that_an_old_one_set_in_motion(runner, state, goal):
    runner.step(state, goal, 0.0)
    asked = runner._history.asked
    assert asked.any()
    runner.reset(moving=True)
    np.testing.assert_array_equal(runner._history.asked, asked)
    assert not runner._history.previous_action.any()
    runner.reset()
    assert not runner._history.asked.any()
