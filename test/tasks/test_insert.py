"""A peg into a hole: the start that is drawn, and the example that demonstrates it."""

import numpy as np
import pytest
from helpers.examples import example

from robot_learning.envs import ArmEnv
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.tasks.insert import Insert

WORLDS = ("bullet", "mujoco")


def test_a_peg_begins_above_a_block_that_stands_elsewhere_each_time():
    task, rng = Insert(ArmModel(RobotSpec.load("panda"))), np.random.default_rng(0)
    holes = []
    for _ in range(30):
        start = task.reset(rng)
        (peg, turn), (block, other) = start.places["object"], start.places["block"]
        assert peg[2] - task.object.height / 2 >= task.block.height + 0.02
        assert turn == other and block[2] == task.block.height / 2
        np.testing.assert_array_equal(task.goal[:2], block[:2])
        holes.append(block[:2])
    assert (np.ptp(holes, axis=0) > 0.15).all()


@pytest.mark.parametrize("world", WORLDS)
def test_the_operator_of_the_example_does_it_and_beside_the_hole_it_is_not_done(world):
    env = ArmEnv("panda", "insert", world=world)
    operator = example("insert/demonstrate.py").Operator()
    for seed in range(3):
        env.reset(seed=seed)
        beside = seed == 2
        env.task.goal = env.task.goal + [0.04 * beside, 0, 0]
        for _ in range(env.task.steps):
            info = env.step(operator.act(env).action)[4]
        assert info["is_success"] != beside
        if beside:  # it stands on the block
            peg, wanted = env.inputs["object"].value, env.task.goal
            assert peg[2] - wanted[2] > 0.015
    env.close()
