"""What an evaluation counts, by episodes that are known."""

import numpy as np
import pytest

from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import Evaluation, rollout
from robot_learning.experts.expert import expert_action


@pytest.fixture(scope="module")
def env():
    env = ArmEnv("panda", "reach")
    yield env
    env.close()


def test_the_time_to_the_goal_is_that_after_which_it_is_never_left(env):
    """An arm that is sent away again after it arrived has arrived only when it is back."""

    def straight(env):
        return expert_action(env)

    def detour(env):
        away = np.ones(env.interface.n_action, np.float32)
        return away if 20 <= env.steps_taken < 25 else expert_action(env)

    first, second = (rollout(env, act, 5, 0) for act in (straight, detour))
    assert first.success_rate == second.success_rate == 1.0
    assert first.time_to_goal < 20 * env.robot.policy_period < second.time_to_goal
    assert second.effort > first.effort > 0


def test_episodes_that_fail_tell_no_time_and_rest_no_effort(env):
    found = rollout(env, lambda env: np.zeros(env.interface.n_action, np.float32), 2, 0)
    assert found.time_to_goal is None and found.effort < 1e-6
    assert "at the goal to stay after" not in dict(found.rows())


def test_an_evaluation_of_an_earlier_version_is_read():
    now = Evaluation(2, 1.0, 0.3, 1.0, 1.0, 0.001, 0.1, 0.0, 0, 0.5, 0.01)
    before = {
        name: value
        for name, value in now.to_dict().items()
        if name not in ("time_to_goal", "effort")
    }
    assert len(Evaluation(**before).rows()) == len(now.rows()) - 2
