"""Environments for tests: an arm that is exact, what each robot is able to, an episode."""

import gymnasium
import numpy as np

import robot_learning.envs  # noqa: F401  registers the ids
from robot_learning.base.errors import ConfigError
from robot_learning.base.types import ArmState, Snapshot
from robot_learning.robot import RobotSpec, available_robots
from robot_learning.tasks import TASKS, TaskSettings
from robot_learning.worlds.world import World


def able():
    """Return each robot with each task that it has the gripper for."""
    return [
        (robot, name)
        for robot in available_robots()
        for name, task in TASKS.items()
        if RobotSpec.load(robot).gripper is not None or not task.gripper
    ]


def rollout(seed):
    env = gymnasium.make("RobotLearning/Reach-v0", robot="arm6")
    env.action_space.seed(seed)
    seen = [env.reset(seed=seed)[0]]
    rewards = []
    done = False
    while not done:
        observation, reward, terminated, done, _ = env.step(env.action_space.sample())
        assert not terminated
        seen.append(observation)
        rewards.append(reward)
    env.close()
    flat = [np.concatenate([*observation.values()]) for observation in seen]
    return np.array(flat), np.array(rewards)


class FakeArm(World):
    """Follows what it is told exactly, without physics."""

    def reset(self, start):
        self.time = 0.0
        return Snapshot(ArmState(start.q, np.zeros_like(start.q), 0.0))

    def step(self, motion, dt, opening=None):
        self.time += dt
        return Snapshot(ArmState(*motion.sample(dt), self.time))


def short():
    """Return an environment of four steps; here, since worker processes import it by name."""
    return robot_learning.envs.ArmEnv(robot="arm6", task=TaskSettings(task="reach", steps=4))


class Stoppable(robot_learning.envs.ArmEnv):
    """An arm that can be stopped for good from outside."""

    def stop(self):
        self.filter.request_stop()


def never():
    """Return an environment of four steps, with a goal that is not reached."""
    task = TaskSettings(task="reach", steps=4)
    return Stoppable(robot="arm6", task=task, reward="sparse", tolerance=1e-6)


def failing():
    """Fail to make an environment."""
    raise ConfigError("nowhere.yaml: no robot")
