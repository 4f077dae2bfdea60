import numpy as np
import pytest

from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.chain import link_poses
from robot_learning.kinematics.links import links_of
from robot_learning.robot import RobotSpec


@pytest.mark.parametrize("robot", ["arm6", "panda", "kinova"])
def test_links_move_as_the_tip_does(robot):
    spec = RobotSpec.load(robot)
    model, links = ArmModel(spec), links_of(spec)
    moved_by, T_base_link = links[spec.tip_link]
    assert moved_by == spec.n and links[spec.base_link].moved_by == 0
    np.testing.assert_allclose(links[spec.base_link].T_base_link, np.eye(4), atol=1e-12)
    T = link_poses(spec.home, model.screws)[moved_by] @ T_base_link
    np.testing.assert_allclose(T, model.forward(spec.home)[:3], atol=1e-9)


def test_fingers_are_left_out():
    assert "panda_hand" in links_of(RobotSpec.load("panda"))
    assert "panda_leftfinger" not in links_of(RobotSpec.load("panda"))
