import functools

import numpy as np
from helpers.attacks import attacks, follow
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.base.types import ArmState, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter


def test_the_tip_keeps_the_reduced_speed(spec):
    model, filter = ArmModel(spec), SafetyFilter(spec, reduced_speed=True)
    filter.reset(spec.home, 0.0)
    rng, now, seen = np.random.default_rng(0), 0.0, set()
    for step in range(300):
        if step % 20 == 0:
            asked = rng.uniform(-1, 1, spec.n) * spec.velocity
        q, qd = filter.reference(now)
        assert np.linalg.norm(model.jacobian(q)[:3] @ qd) <= 0.25 + 1e-5
        result = filter.apply(JointCommand(asked), ArmState(q, qd, now), 0.04, now)
        for knot, speed in zip(result.stop.q, result.stop.qd, strict=True):
            assert np.linalg.norm(model.jacobian(knot)[:3] @ speed) <= 0.25 + 1e-5
        seen.update(result.active)
        now += 0.04
    assert Cause.TIP_SPEED in seen


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_whatever_comes_the_tip_is_never_too_fast(arm6, data):
    filter, model = _reduced(arm6.name), ArmModel(arm6)
    for _, q, qd in follow(filter, data.draw(attacks(arm6.n)), arm6.home):
        # Between two knots the tip may be a little faster than at both.
        assert np.linalg.norm(model.jacobian(q)[:3] @ qd) <= 1.02 * 0.25


@functools.cache
def _reduced(name):
    return SafetyFilter(RobotSpec.load(name), reduced_speed=True)


def test_switched_while_moving_the_tip_slows_down(arm6):
    filter, model = SafetyFilter(arm6), ArmModel(arm6)
    filter.reset(arm6.home, 0.0)
    turn = JointCommand(np.array([1.5, 0.0, 0.0, 0.0, 0.0, 0.0]))
    speeds = []
    for step in range(40):
        now = step * 0.04
        q, qd = filter.reference(now)
        speeds.append(np.linalg.norm(model.jacobian(q)[:3] @ qd))
        filter.reduced_speed = step >= 20
        filter.apply(turn, ArmState(q, qd, now), 0.04, now)
    assert speeds[20] > 0.35
    assert (np.diff(speeds[21:]) <= 1e-9).all() or max(speeds[30:]) <= 0.2501
    assert speeds[-1] <= 0.2501
