"""The environments of a run."""

import numpy as np

from robot_learning.evaluation.rollout import evaluate_bundle, runner_action
from robot_learning.policy import PolicyRunner
from robot_learning.training.model import make_env, make_envs
from robot_learning.training.resolve import make_run
from robot_learning.training.train import FINAL_SEED, train

SETTINGS = ["n_envs=1", "env.action_repeat=4", "env.observed=[tip_velocity]"]
HELD = ["n_envs=1", "normalize=false", "env.action_repeat=3", "env.deploy_repeat=3"]


def test_an_action_is_held_while_learning_and_in_an_evaluation_where_that_is_asked_for():
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


def test_an_action_holds_when_deployed_as_it_did_while_learning(tiny):
    run, folder = tiny("sac", *HELD)
    bundle = train(run, folder)
    runner, env, envs = PolicyRunner(bundle), make_env(run), make_envs(run)
    envs.seed(7)
    learning = envs.reset()
    env.reset(seed=7)
    for period in range(12):
        action = runner_action(runner, env)
        if period % 3 == 0:
            parts = env.interface.split(env.flat_observation)
            np.testing.assert_equal({key: row[0] for key, row in learning.items()}, parts)
            learning = envs.step(action[None])[0]
        env.step(action)
    (state,) = envs.get_attr("state")
    np.testing.assert_array_equal(env.state.q, state.q)
    assert np.abs(env.state.q - env.robot.home).max() > 1e-3
    deployed = evaluate_bundle(bundle, env.robot, 3, FINAL_SEED)
    assert deployed.to_dict() == bundle.evaluation
    envs.close()
    env.close()


def test_less_may_count_as_reached_while_it_learns():
    settings = [*SETTINGS, "env.tolerance=0.03", "env.learn_tolerance=0.01"]
    run = make_run("arm6", "reach", "ppo", settings, 0, "x")
    envs, env = make_envs(run), make_env(run)
    (learning,) = envs.get_attr("task")
    assert (learning.tolerance, env.task.tolerance) == (0.01, 0.03)
    assert env.interface.tolerance == 0.03
    envs.close()
    env.close()
