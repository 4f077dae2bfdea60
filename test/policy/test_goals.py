import numpy as np
import pytest
from helpers.robots import robot_yaml, scripted_bundle

from robot_learning.base.errors import GoalError
from robot_learning.base.paths import find_bundle
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.goals import ANGLE
from robot_learning.policy import PolicyBundle
from robot_learning.policy.goals import check_goal
from robot_learning.robot import RobotSpec


def shipped(name):
    bundle = PolicyBundle.load(find_bundle(name))
    return bundle, ArmModel(RobotSpec.load(bundle.robot["name"]))


@pytest.mark.parametrize(
    ("position", "words"),
    [
        ([5.0, 0.0, 0.3], "outside the workspace"),
        ([np.nan, 0.0, 0.3], "not finite"),
        ([0.4, 0.0, -0.2], "outside the workspace"),
        ([0.6, 0.6, 0.9], "outside the workspace|out of reach"),
    ],
)
def test_a_goal_of_the_tip_out_of_reach_is_refused(bundle, position, words):
    with pytest.raises(GoalError, match=words):
        check_goal(bundle, ArmModel(RobotSpec.load("arm6")), {"goal": np.array(position)})


def test_a_goal_inside_the_scene_is_named(tmp_path):
    solid = {"name": "crate", "box": [0.1, 0.1, 0.1], "xyz": [0.35, 0.1, 0.2]}
    robot = robot_yaml(tmp_path, safety__scene=[solid])
    bundle = scripted_bundle(tmp_path / "bundle", robot)
    model = ArmModel(RobotSpec.load(robot))
    with pytest.raises(GoalError, match="inside 'crate'"):
        check_goal(bundle, model, {"goal": np.array([0.35, 0.14, 0.24])})
    check_goal(bundle, model, {"goal": np.array([0.35, 0.16, 0.24])})


def test_an_orientation_must_be_in_reach_as_well():
    bundle, model = shipped("panda-reach_pose")
    T = model.forward(model.spec.home)
    check_goal(bundle, model, {"goal": T[:3, 3], "goal_rotation": T[:3, :3]})
    edge = model.spec.workspace_upper - 1e-3
    check_goal(bundle, model, {"goal": edge})
    backward = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    with pytest.raises(GoalError, match="out of reach by .* m and rad"):
        check_goal(bundle, model, {"goal": edge, "goal_rotation": backward})


def test_a_goal_of_an_object_is_where_those_of_the_training_were():
    bundle, model = shipped("panda-push")
    seen = bundle.statistics["terms"]["goal_position"]
    middle = (np.array(seen["min"]) + np.array(seen["max"])) / 2
    check_goal(bundle, model, {"goal": middle})
    with pytest.raises(GoalError, match="not one the policy was trained for"):
        check_goal(bundle, model, {"goal": middle + [0, 0, 0.1]})


def test_how_far_a_goal_is_counts_its_worst_part():
    bundle, model = shipped("panda-reach_pose")
    interface = bundle.interface
    flat = np.zeros(interface.n_obs, dtype=np.float32)
    parts = interface.term_slices()
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(ANGLE), -np.sin(ANGLE)], [np.sin(ANGLE), np.cos(ANGLE)]]
    for name, value in (("tip_rotation", np.eye(3)), ("goal_rotation", turn)):
        flat[parts[name]] = value[:, :2].T.ravel()
    flat[parts["goal_position"]] = [0.0, 0.0, 0.5 * interface.tolerance]
    assert interface.distance(flat) == pytest.approx(interface.tolerance, rel=1e-4)
    flat[parts["goal_position"]] = [0.0, 0.0, 3 * interface.tolerance]
    assert interface.distance(flat) == pytest.approx(3 * interface.tolerance, rel=1e-4)
