import numpy as np
import pytest
from helpers.attacks import DT, attacks, follow
from helpers.robots import robot_yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter

CENTRE = [0.0, 0.35, 0.45]
ZONE = {"name": "zone", "sphere": 0.15, "xyz": CENTRE, "links": ["forearm_link"]}


@pytest.fixture(scope="module")
def zoned(tmp_path_factory):
    file = robot_yaml(tmp_path_factory.mktemp("zoned"), safety={"keep_out": [ZONE]})
    return SafetyFilter(RobotSpec.load(file))


def nearest(filter, model, q):
    """Distance of the tip and of the forearm from the zone, m."""
    arm = filter.guards.arm
    solid = next(p.other for p in filter.guards.clearance.pairs if p.cause is Cause.KEEP_OUT)
    forearm = arm.distance(arm.named("forearm_link")[0], solid, q)
    return min(float(np.linalg.norm(model.forward(q)[:3, 3] - CENTRE)) - 0.15, forearm)


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_whatever_comes_neither_tip_nor_link_enters(zoned, data):
    spec, model = zoned.spec, ArmModel(zoned.spec)
    for _, q, _ in follow(zoned, data.draw(attacks(spec.n)), spec.home):
        assert nearest(zoned, model, q) > 0.008


def test_a_tip_that_turns_toward_the_zone_is_held_up(zoned):
    spec, model = zoned.spec, ArmModel(zoned.spec)
    turn = np.array([0.5, 0.0, 0.0, 0.0, 0.0, 0.0])
    seen = [(result, q) for result, q, _ in follow(zoned, [(turn, DT)] * 80, spec.home)]
    assert any(Cause.KEEP_OUT in result.active for result, _ in seen)
    assert min(nearest(zoned, model, q) for _, q in seen) < 0.05
