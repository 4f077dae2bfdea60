import functools

import numpy as np
from helpers.attacks import attacks, follow
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.base.types import ArmState, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter
from robot_learning.safety.singularity import smallest_singular_value


def smallest(model, q):
    return np.linalg.svd(model.jacobian(q)[:3], compute_uv=False).min()


def test_motion_into_a_singularity_stops_and_motion_out_is_free(arm6):
    model, filter = ArmModel(arm6), SafetyFilter(arm6)
    filter.reset(arm6.home, 0.0)
    stretch = np.array([0.0, 0.0, -1.0, 0.0, -1.0, 0.0])
    now, seen, values = 0.0, set(), []
    for sign in [1.0] * 38 + [-1.0] * 40:
        q, qd = filter.reference(now)
        values.append(smallest(model, q))
        result = filter.apply(JointCommand(sign * stretch), ArmState(q, qd, now), 0.04, now)
        seen.update(result.active)
        now += 0.04
    assert Cause.SINGULARITY in seen
    assert min(values) > 0.01
    assert values[-1] > min(values) + 0.1
    assert result.margins["singularity"] > 0.1


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_comes_the_arm_keeps_off_singularities(arm6, data):
    model, filter = ArmModel(arm6), _filter(arm6.name)
    limit = filter.guards.singularity.limit
    for _, q, _ in follow(filter, data.draw(attacks(arm6.n)), arm6.home):
        # At the looks it is kept, between them half of it.
        assert smallest(model, q) >= 0.5 * limit


@functools.cache
def _filter(name):
    return SafetyFilter(RobotSpec.load(name))


@given(seed=st.integers(0, 2**32 - 1), scale=st.floats(1e-6, 10.0))
def test_the_smallest_singular_value_is_that_of_numpy(seed, scale):
    J = scale * np.random.default_rng(seed).normal(size=(3, 7))
    expected = np.linalg.svd(J, compute_uv=False)
    found = smallest_singular_value(np.ascontiguousarray(J))
    assert abs(found - expected[-1]) <= 1e-6 * expected[0]
