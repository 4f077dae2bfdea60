import numpy as np
import pytest
from helpers.envs import able

from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import SCRIPTS, expert_action


def play(env, seed):
    """Return what is seen in an episode of the script, and its last info."""
    env.reset(seed=seed)
    seen = []
    for _ in range(env.task.steps):
        info = env.step(expert_action(env))[4]
        seen.append(env.flat_observation)
    return np.array(seen), info


# The fixed fingers of this Jaco push by their corners.
HARD = {("kinova", "push"): 8, ("kinova", "slide"): 6}


@pytest.mark.parametrize(("robot", "task"), [pair for pair in able() if pair[1] in SCRIPTS])
def test_the_script_solves_every_task(robot, task):
    env = ArmEnv(robot=robot, task=task)
    solved = sum(play(env, seed)[1]["is_success"] for seed in range(10))
    env.close()
    assert solved >= HARD.get((robot, task), 9)


@pytest.mark.parametrize("task", ["push", "slide", "stack"])
def test_what_was_pushed_before_leaves_no_trace(task):
    env = ArmEnv(robot="panda", task=task)
    first = play(env, 0)[0]
    play(env, 1)
    np.testing.assert_array_equal(play(env, 0)[0], first)
    env.close()


def test_a_joint_velocity_policy_can_hold_the_tool_down():
    env = ArmEnv(robot="panda", task="push", action_mode="joint_velocity")
    assert sum(play(env, seed)[1]["is_success"] for seed in range(5)) >= 4
    tilt = env.model.turn_down(env.model.forward(env.state.q))
    assert np.linalg.norm(tilt) < 0.1
    env.close()


def test_a_box_that_is_grasped_stays_between_the_fingers():
    env = ArmEnv(robot="panda", task="pick_and_place")
    env.reset(seed=1)
    for _ in range(env.task.steps):
        env.step(expert_action(env))
    box = env.inputs["object"].value
    assert np.linalg.norm(box - env.model.forward(env.state.q)[:3, 3]) < 0.02
    assert 0.4 < env.world.arm.opening < env.task.closed_on
    env.close()


def test_a_task_without_a_script_is_refused():
    env = ArmEnv(robot="panda", task="insert")
    env.reset(seed=0)
    with pytest.raises(ConfigError, match="insert.*no script"):
        expert_action(env)
    env.close()
