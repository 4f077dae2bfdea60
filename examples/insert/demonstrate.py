"""Demonstrations of `insert` by a stand-in for a human with a joystick.

    python examples/insert/demonstrate.py runs/demos-insert-panda

The package has no script for this task. A human with a joystick records the same with
`robot-learning record --source teleop --task insert`.
"""

import argparse
from pathlib import Path

import numpy as np

from robot_learning.demonstrations import Dataset
from robot_learning.demonstrations.collect import Tally, collect
from robot_learning.demonstrations.record import Choice, Recorder
from robot_learning.demonstrations.teleoperation import Wish, action_of
from robot_learning.envs import ArmEnv
from robot_learning.tasks.settings import resolved

EPISODES = 50
GAIN = 4.0  # 1/s: share of the way that a second of such motion covers
FASTEST = 0.2  # m/s
TREMOR = 0.01  # m/s, standard deviation of what the hand does by itself
OVER = 0.045  # m above its place, where the peg is carried
NEAR, WIDE = 0.0015, 0.004  # m beside the hole: where the peg is all let down, and where not yet
IN = 0.024  # m above its place, below which the peg is in the hole


class Operator:
    """Carries the peg over the hole and lets it down; an Actor, as `collect` wants one."""

    source = "teleoperation"
    human = True

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def reset(self, env):
        pass

    def act(self, env):
        way = env.inputs["goal"].value - env.inputs["object"].value
        if way[2] < -IN:
            beside = np.hypot(way[0], way[1])
            way = way + [0.0, 0.0, OVER * np.clip((beside - NEAR) / (WIDE - NEAR), 0.0, 1.0)]
        velocity = GAIN * way * min(1.0, FASTEST / (GAIN * np.linalg.norm(way)))
        velocity += TREMOR * self.rng.normal(size=3)
        return Choice(action_of(Wish(velocity, opening=0.0), env), self.source)


def main(folder):
    env = ArmEnv("panda", "insert", reward="sparse")
    told = resolved(env.task_settings, env.task)
    dataset = Dataset.make(folder, env.robot, told, env.interface)
    recorder, tally, seed = Recorder(env, "bullet"), Tally(), dataset.next_seed()
    collect(dataset, recorder, Operator(), EPISODES, seed, failures=False, tally=tally)
    print(f"{folder}: {tally.kept} more, {tally.succeeded} of {tally.tried} succeeded")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="of the dataset")
    main(parser.parse_args().folder)
