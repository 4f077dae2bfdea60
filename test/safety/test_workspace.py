import numpy as np
import pytest
from helpers.attacks import DT, attacks, follow
from helpers.robots import robot_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter
from robot_learning.safety.advance import SHARE

BOX = {"lower": [0.1, -0.15, 0.1], "upper": [0.7, 0.3, 0.8]}


@pytest.fixture(scope="module")
def boxed(tmp_path_factory):
    file = robot_yaml(tmp_path_factory.mktemp("boxed"), safety={"workspace": BOX})
    return SafetyFilter(RobotSpec.load(file))


def outside(model, q):
    """How far the tip is outside of its box, m; negative inside."""
    tip = model.forward(q)[:3, 3]
    return max((np.array(BOX["lower"]) - tip).max(), (tip - BOX["upper"]).max())


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_whatever_comes_the_tip_stays_inside(boxed, data):
    model, spec = ArmModel(boxed.spec), boxed.spec
    for _, q, _ in follow(boxed, data.draw(attacks(spec.n)), spec.home):
        assert outside(model, q) <= -SHARE * spec.safety.collision_margin + 1e-6


def test_at_the_wall_the_tip_slides_along_it(boxed):
    spec, model = boxed.spec, ArmModel(boxed.spec)
    push = np.array([-0.5, 0.2, 0.0, 0.0, 0.0, 0.0])
    seen = [(result, q, qd) for result, q, qd in follow(boxed, [(push, DT)] * 40, spec.home)]
    at_wall = [qd for result, _, qd in seen if Cause.WORKSPACE in result.active]
    assert len(at_wall) > 50
    assert outside(model, seen[-1][1]) > -0.02
    assert max(abs(qd[1]) for qd in at_wall) > 0.1
