import numpy as np
import pytest
from helpers.robots import robot_yaml

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.tasks import TASKS
from robot_learning.tasks.pick import PickAndPlace, Stack
from robot_learning.tasks.push import Push
from robot_learning.tasks.reach import ReachPose
from robot_learning.tasks.table import Table


@pytest.fixture(scope="module")
def panda():
    return ArmModel(RobotSpec.load("panda"))


def test_the_whole_area_is_reached_with_the_tool_down(panda):
    task, rng = Push(panda), np.random.default_rng(0)
    size = task.area.upper - task.area.lower
    assert (size > 0.2).all()
    for _ in range(20):
        point = task.table.above(task.area.draw(rng), task.height)
        q = task.table.configuration(point, panda.spec.home)
        T = panda.forward(q)
        np.testing.assert_allclose(T[:3, 3], point, atol=2e-3)
        np.testing.assert_allclose(T[:3, 2], [0, 0, -1], atol=2e-3)


def test_the_tool_is_as_long_and_as_wide_as_its_geometry(panda):
    table = Table(panda)
    assert table.beyond == pytest.approx(0.007, abs=0.001)
    assert 0.01 < table.radius < 0.03


def test_an_area_is_that_of_who_asks_whoever_asked_before(panda):
    whole = Push(panda).area
    half = Push(panda, free=lambda q: bool(panda.forward(q)[1, 3] < 0)).area
    assert half.upper[1] <= 0 < whole.upper[1]
    again = Push(panda).area
    np.testing.assert_array_equal([again.lower, again.upper], [whole.lower, whole.upper])


@pytest.mark.parametrize("task", [Push, PickAndPlace, Stack])
def test_goals_and_things_lie_in_the_area_apart(panda, task):
    task, rng = task(panda), np.random.default_rng(0)
    for _ in range(30):
        start = task.reset(rng)
        assert set(start.places) == {item.name for item in task.objects}
        for position, _ in start.places.values():
            assert (position[:2] >= task.area.lower).all()
            assert (position[:2] <= task.area.upper).all()
            assert position[2] == pytest.approx(task.object.height / 2)
        achieved = np.concatenate([position for position, _ in start.places.values()])
        desired = np.concatenate([*task.inputs(0.0).values()])
        assert not task.is_success(achieved, desired)


def test_the_pose_reward_by_hand(panda):
    task = ReachPose(panda, reward="dense")
    goal = np.array([0.4, 0.0, 0.3, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    c, s = np.cos(0.05), np.sin(0.05)
    near = np.array([0.41, 0.0, 0.3, c, s, 0.0, -s, c, 0.0])
    np.testing.assert_allclose(task.errors(near, goal), [0.01, 0.05])
    wanted = 0.5 * np.exp(-0.25 - 0.25) - 0.01 - 0.05 * 0.02 / 0.1
    assert task.reward(near, goal) == pytest.approx(wanted)
    assert task.is_success(near, goal)
    turned = np.array([0.4, 0.0, 0.3, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0])
    np.testing.assert_allclose(task.errors(turned, goal), [0.0, np.pi / 2])
    many = task.reward(np.stack([near, turned]), np.stack([goal, goal]))
    assert many.shape == (2,) and many[0] == pytest.approx(wanted)


def test_the_stack_reward_by_hand(panda):
    task = Stack(panda, reward="sparse")
    goal = np.array([0.4, 0.0, 0.02, 0.4, 0.0, 0.065])
    fallen = np.array([0.4, 0.0, 0.02, 0.45, 0.0, 0.02])
    np.testing.assert_array_equal(task.reward(np.stack([goal, fallen]), goal), [0.0, -1.0])


@pytest.mark.parametrize("task", ["pick_and_place", "stack"])
def test_an_arm_without_a_gripper_is_refused_by_name(arm6, task):
    with pytest.raises(ConfigError, match="gripper"):
        TASKS[task](ArmModel(arm6))


def test_an_area_out_of_reach_is_refused_with_what_is_reached(tmp_path):
    far = {"lower": [0.9, -0.3, 0.1], "upper": [1.4, 0.3, 0.5]}
    arm = ArmModel(RobotSpec.load(robot_yaml(tmp_path, workspace=far)))
    with pytest.raises(ConfigError, match="with the tool down.*reaches 0%"):
        Push(arm)
