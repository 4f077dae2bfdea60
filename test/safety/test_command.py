"""Bad commands, periods and clocks, whatever they come between."""

import numpy as np
import pytest
from helpers.attacks import DT, attacks, follow
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety import Cause, SafetyFilter, Status


@pytest.fixture(scope="module")
def filter(arm6):
    return SafetyFilter(arm6)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_what_can_not_be_meant_becomes_the_stop_in_hand(filter, data):
    spec, now = filter.spec, 0.0
    filter.reset(spec.home, now)
    for push, dt in data.draw(attacks(spec.n)):
        q, qd = filter.reference(now)
        held = filter._held.tail(now - filter._start)
        scale = spec.velocity if len(push) == spec.n else 1.0
        result = filter.apply(JointCommand(push * scale), ArmState(q, qd, now), dt, now)
        usable = len(push) == spec.n and np.isfinite(push).all() and np.abs(push).max() <= 10
        timed = np.isfinite(dt) and dt > 0
        if not (usable and timed):
            assert result.status in (Status.STOPPING, Status.STOPPED)
            refused = {Cause.BAD_COMMAND, Cause.BAD_PERIOD, Cause.IMPLAUSIBLE}
            assert refused & set(result.active)
            np.testing.assert_array_equal(result.stop.q, held.q)
        now += dt if timed else DT


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_nothing_that_leaves_is_not_finite(filter, data):
    spec = filter.spec
    for result, q, qd in follow(filter, data.draw(attacks(spec.n)), spec.home):
        assert np.isfinite(result.stop.q).all() and np.isfinite(result.stop.qd).all()
        assert np.isfinite(q).all() and np.isfinite(qd).all()
