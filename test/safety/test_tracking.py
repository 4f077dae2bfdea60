import numpy as np
import pytest
from helpers.attacks import DT
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.base.errors import SafetyError
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety import Cause, SafetyFilter, Status


@pytest.fixture(scope="module")
def filter(arm6):
    return SafetyFilter(arm6)


@settings(max_examples=40, deadline=None)
@given(joint=st.integers(0, 5), off=st.floats(-0.5, 0.5), lag=st.floats(0.0, 0.5))
def test_an_arm_that_is_elsewhere_or_silent_is_stopped(filter, joint, off, lag):
    spec = filter.spec
    filter.reset(spec.home, 0.0)
    push = JointCommand(0.3 * spec.velocity)
    for step in range(20):
        now = step * DT
        q, qd = filter.reference(now)
        result = filter.apply(push, ArmState(q, qd, now), DT, now)
    now += DT
    seen, _ = filter.reference(max(now - lag, now - DT))
    measured = seen.copy()
    measured[joint] += off
    result = filter.apply(push, ArmState(measured, qd, now - lag), DT, now)
    limit = spec.tracking_error[joint]
    if lag > filter.state_timeout:
        assert filter.latched is Cause.STALE_STATE
    elif abs(off) > limit + 0.15:
        assert filter.latched is Cause.TRACKING_ERROR
    elif abs(off) < 0.01 and lag < DT / 2:
        assert filter.latched is None and result.status in (Status.OK, Status.LIMITED)
    if filter.latched is not None:
        assert result.status is Status.STOPPING and not result.stop.qd[-1].any()
        with pytest.raises(SafetyError, match="braking"):
            filter.resume(ArmState(measured, qd, now), now)


def test_resume_starts_from_where_the_arm_is(filter):
    spec = filter.spec
    filter.reset(spec.home, 0.0)
    measured = spec.home.copy()
    measured[2] += 0.2
    filter.apply(None, ArmState(measured, np.zeros(spec.n), 0.0), DT, 0.0)
    assert filter.latched is Cause.TRACKING_ERROR
    filter.resume(ArmState(measured, np.zeros(spec.n), DT), DT)
    np.testing.assert_array_equal(filter.reference(DT)[0], measured)


def test_a_state_that_goes_stale_stops_a_motion_for_good_and_rest_for_a_while(filter):
    spec = filter.spec
    push = JointCommand(0.3 * spec.velocity)

    def serve(now, command, stamp):
        q, qd = filter.reference(now)
        return filter.apply(command, ArmState(q, qd, stamp), DT, now)

    filter.reset(spec.home, 0.0)
    old = serve(1.0, push, 0.0)
    assert old.active == (Cause.STALE_STATE,) and old.status is Status.STOPPED
    assert filter.latched is None
    assert serve(1.0 + DT, push, 1.0 + DT).stop.qd.any()
    serve(1.0 + 2 * DT, push, 0.0)
    assert filter.latched is Cause.STALE_STATE
    filter.resume(ArmState(spec.home, np.zeros(spec.n), 9.0), 9.0)


def test_a_refused_resume_says_how_old_the_state_is(filter):
    filter.reset(filter.spec.home, 0.0)
    filter.request_stop()
    with pytest.raises(SafetyError, match=r"stale_state: the newest is 1\.500 s old"):
        filter.resume(ArmState(filter.spec.home, np.zeros(filter.spec.n), 1.0), 2.5)
    filter.reset(filter.spec.home, 0.0)
