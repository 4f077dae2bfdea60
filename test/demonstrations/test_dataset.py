import numpy as np
import pytest

from robot_learning.base.paths import config_dir
from robot_learning.demonstrations import Dataset, observations
from robot_learning.demonstrations.record import Choice, Recorder
from robot_learning.envs import ArmEnv
from robot_learning.envs.arm_env import task_interface
from robot_learning.experts.expert import expert_action


def settings(env):
    told = env.task_settings.model_dump(exclude_none=True)
    return {**told, "steps": env.task.steps, "tolerance": env.interface.tolerance}


def recorded(env, seed, steps, act=expert_action):
    """Return an episode and what the environment showed meanwhile."""
    recorder = Recorder(env, "bullet")
    recorder.reset(seed)
    seen = [env.flat_observation]
    for step in range(steps):
        recorder.step(Choice(None if step == 3 else act(env), "expert"))
        seen.append(env.flat_observation)
    return recorder.finish("expert", "time"), np.array(seen)


@pytest.mark.parametrize("every", [1, 2])
def test_observations_are_those_of_the_environment_bit_for_bit(tmp_path, every):
    text = (config_dir() / "robots/panda.yaml").read_text()
    robot = tmp_path / "panda.yaml"
    robot.write_text(text.replace("policy_every: 1", f"policy_every: {every}"))
    env = ArmEnv(robot, "pick_and_place")
    episode, seen = recorded(env, 5, 25)
    dataset = Dataset.make(tmp_path / "d", env.robot, settings(env), env.interface)
    dataset.add(episode)
    kept = next(iter(Dataset.open(tmp_path / "d")))
    np.testing.assert_array_equal(observations(kept, env.interface, env.model), seen)
    blind = task_interface(env.task, env.robot, env.interface.action_mode, goal_terms=False)
    other = ArmEnv(robot, "pick_and_place", goal_terms=False)
    other.reset(seed=5)
    shown = [other.flat_observation]
    for action in kept.actions:
        other.step(None if np.isnan(action).any() else action)
        shown.append(other.flat_observation)
    np.testing.assert_array_equal(observations(kept, blind, env.model), np.array(shown))
