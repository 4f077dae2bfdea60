"""Demonstrations of `insert` by a stand-in for a person at a joystick.

    python examples/insert/demonstrate.py runs/demos-insert-panda

The package has no script for this task. Whoever has an arm, real or simulated, and a joystick
records the same with `robot-learning record --source teleop --task insert`.
"""

import sys
from pathlib import Path

import numpy as np

from robot_learning.demonstrations import Dataset
from robot_learning.demonstrations.collect import Tally, collect
from robot_learning.demonstrations.record import Recorder
from robot_learning.demonstrations.teleoperation import Teleoperator, Wish
from robot_learning.envs import ArmEnv
from robot_learning.tasks.settings import resolved

EPISODES = 50
GAIN = 4.0  # 1/s: share of the way that a second of such motion covers
FASTEST = 0.2  # m/s
TREMOR = 0.01  # m/s, standard deviation of what the hand does by itself
OVER = 0.045  # m above its place that the peg is carried at
NEAR, WIDE = 0.001, 0.003  # m beside the hole: from here on down, up to here not at all
IN = 0.024  # m above its place, below which the peg is in the hole and goes on down


class Operator:
    """Moves the peg over the hole, and lets it down the nearer it is to the middle."""

    def begin(self, env):
        self.env = env
        self.rng = np.random.default_rng(env.start.q.tobytes()[0])

    def wish(self):
        inputs = self.env.inputs
        way = inputs["goal"].value - inputs["object"].value
        beside = np.hypot(way[0], way[1])
        if way[2] < -IN:
            way = way + [0.0, 0.0, OVER * np.clip((beside - NEAR) / (WIDE - NEAR), 0.0, 1.0)]
        linear = GAIN * way
        linear *= min(1.0, FASTEST / max(np.linalg.norm(linear), 1e-9))
        return Wish(linear + TREMOR * self.rng.normal(size=3), opening=0.0)

    def silent(self):
        return 0.0

    def problem(self):
        return ""

    def ended(self):
        return False


def main(folder: Path) -> None:
    """Add ``EPISODES`` to a dataset, and say how many were tried for it."""
    env = ArmEnv("panda", "insert", reward="sparse")
    told = resolved(env.task_settings, env.task)
    dataset = Dataset.make(folder, env.robot, told, env.interface)
    tally = Tally()
    collect(
        dataset,
        Recorder(env, "bullet"),
        Teleoperator(Operator()),
        EPISODES,
        dataset.next_seed(),
        failures=False,
        tally=tally,
    )
    print(f"{folder}: {tally.kept} more, {tally.succeeded} of {tally.tried} succeeded")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
