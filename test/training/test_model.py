"""The environments of a run."""

import numpy as np

from robot_learning.training.model import make_env, make_envs
from robot_learning.training.resolve import make_run

SETTINGS = ["n_envs=1", "env.action_repeat=4", "env.observed=[tip_velocity]"]


def test_an_action_is_held_while_learning_and_in_no_evaluation():
    run = make_run("arm6", "reach", "ppo", [*SETTINGS, "normalize=false"], 0, "x")
    envs, env = make_envs(run), make_env(run)
    starts = envs.reset(), env.reset(seed=0)[0]
    assert all(start["observation"].size == 3 for start in starts)
    env.step(np.zeros(3))
    assert env.time == env.robot.control_period and env.task.steps == 50
    ended = [envs.step(np.zeros((1, 3)))[2][0] for _ in range(13)]
    assert ended == [False] * 12 + [True]
    envs.step(np.zeros((1, 3)))
    (time,) = envs.get_attr("time")
    assert time == 4 * env.robot.control_period
    envs.close()
    env.close()
