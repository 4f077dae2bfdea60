import gymnasium
import numpy as np
import pytest
from helpers.robots import robot_yaml

import robot_learning.envs  # noqa: F401  registers the ids
from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.tasks import load_task, make_task
from robot_learning.tasks.reach import Reach, ReachPose


@pytest.fixture
def task(arm6):
    return Reach(ArmModel(arm6))


TIPS = np.array([[0.0, 0.0, 0.0], [0.03, 0.04, 0.0], [0.0, 0.0, 0.02]])
GOAL = np.zeros((3, 3))


def test_the_sparse_reward_by_hand(arm6):
    task = Reach(ArmModel(arm6), reward="sparse")
    np.testing.assert_array_equal(task.reward(TIPS, GOAL), [0.0, -1.0, 0.0])


def test_the_dense_reward_by_hand(task):
    wanted = [0.5, 0.5 * np.exp(-6.25) - 0.05, 0.5 * np.exp(-1) - 0.02]
    np.testing.assert_allclose(task.reward(TIPS, GOAL), wanted)


def test_success_is_inside_the_tolerance(task):
    np.testing.assert_array_equal(task.is_success(TIPS, GOAL), [True, False, True])


def test_starts_and_goals_are_reachable_and_not_solved(spec, model):
    task = Reach(model)
    rng = np.random.default_rng(0)
    for _ in range(30):
        q = task.reset(rng).q
        assert ((q >= spec.soft_lower) & (q <= spec.soft_upper)).all()
        tip, goal = model.forward(q)[:3, 3], task.inputs(0.0)["goal"]
        assert np.linalg.norm(tip - goal) > 2 * task.tolerance
        for point in (tip, goal):
            assert ((point >= spec.workspace_lower) & (point <= spec.workspace_upper)).all()


def test_a_workspace_out_of_reach_is_refused_at_construction(tmp_path):
    far = robot_yaml(tmp_path, workspace={"lower": [5, 5, 5], "upper": [6, 6, 6]})
    with pytest.raises(ConfigError, match="workspace"):
        Reach(ArmModel(RobotSpec.load(far)))


@pytest.mark.parametrize("wrong", [{"reward": "praise"}, {"tolerance": 0.0}, {"tolerance": -1}])
def test_bad_arguments_are_refused(arm6, wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Reach(ArmModel(arm6), **wrong)


@pytest.mark.parametrize(("kind", "size"), [(Reach, 3), (ReachPose, 9)])
def test_rows_of_goals_are_broadcast_and_other_shapes_refused(arm6, kind, size):
    task, rng = kind(ArmModel(arm6)), np.random.default_rng(0)
    goals = rng.normal(size=(6, size))
    alone = [float(task.reward(goal, goals[0])) for goal in goals]
    np.testing.assert_allclose(task.reward(goals, goals[0]), alone)
    np.testing.assert_allclose(task.reward(goals[:, None], goals)[:, 0], alone)
    np.testing.assert_allclose(task.reward(goals.tolist(), goals[:1].tolist()), alone)
    for achieved, desired in (
        (goals, goals[:2]),
        (goals, goals[:, :-1]),
        (goals[:, :-1], goals[:, :-1]),
        (np.zeros((4, size + 1)), np.zeros((4, size + 1))),
        (np.zeros((2, 2 * size)), np.zeros((2, 2 * size))),
        (np.zeros(()), goals),
    ):
        with pytest.raises((ValueError, IndexError)):
            task.reward(achieved, desired)
    with pytest.raises(ValueError):
        task.reward(goals, goals, [{"effort": 0.1}] * 4)


@pytest.mark.parametrize("reward", ["sparse", "dense"])
def test_what_a_step_costs_it_earns_whatever_its_goals(arm6, reward):
    task = Reach(ArmModel(arm6), reward=reward)
    goals = np.array([[0.3, 0.0, 0.2], [0.3, 0.1, 0.3]])
    one = task.reward(goals, goals[::-1], [{"effort": 0.1}] * 2)
    found = task.reward(goals, goals[::-1], [{"effort": 0.1, "cost": 25.0}, {"effort": 0.1}])
    np.testing.assert_allclose(found, [-25.0, one[1]])
    reached = task.reward(goals, goals, [{"effort": 0.1, "cost": 25.0}] * 2)
    np.testing.assert_allclose(reached, [-25.0, -25.0])


@pytest.mark.parametrize("name", ["reach", "reach_pose", "track_trajectory", "push", "slide"])
def test_no_goal_and_no_start_is_where_the_arm_touches_something(arm6, name):
    """Something stands on the left of the arm: all are on its right."""
    model = ArmModel(arm6)
    task = make_task(load_task(name), model, free=lambda q: bool(model.forward(q)[1, 3] < 0))
    rng = np.random.default_rng(0)
    for _ in range(20):
        start = task.reset(rng)
        assert model.forward(start.q)[1, 3] < 0
        for time in (0.0, 2.0, 4.0) if name != "slide" else ():
            assert task.inputs(time)["goal"][1] < 0.05


def test_an_arm_that_touches_something_wherever_it_works_is_refused(arm6):
    with pytest.raises(ConfigError, match="workspace: of 5000 .* touches itself or what is"):
        Reach(ArmModel(arm6), free=lambda q: False)


def test_environments_ask_the_safety_filter(arm6):
    env = gymnasium.make("RobotLearning/Reach-v0", robot="arm6").unwrapped
    down = arm6.home.copy()
    down[1] = arm6.soft_upper[1]
    assert env.task.free(arm6.home) and not env.task.free(down)
    env.close()
