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


def late_arm(filter, periods, scale=1.0, steps=150):
    """Drive an arm that follows ``periods`` control periods late; return how far off it gets."""
    spec, period = filter.spec, filter.spec.control_period
    filter.reset(spec.home, 0.0)
    past, rooms, off = [(spec.home, np.zeros(spec.n))], [], 0.0
    rng, push = np.random.default_rng(3), np.zeros(spec.n)
    for step in range(steps):
        now = step * period
        if step % 12 == 0:
            push = rng.uniform(-0.6, 0.6, spec.n) * spec.velocity
        past.append(filter.reference(now))
        whole = int(periods)
        (q, qd), (q_before, _) = past[-1 - min(whole, step)], past[-1 - min(whole + 1, step)]
        q = q + (periods - whole) * (q_before - q)
        measured = spec.home + scale * (q - spec.home)
        off = max(off, float(np.abs(measured - past[-1][0]).max()))
        result = filter.apply(JointCommand(push), ArmState(measured, qd, now), period, now)
        rooms.append(result.margins["tracking_error"])
        if filter.latched is not None:
            break
    return min(rooms), off


@pytest.mark.parametrize("periods", [0, 1, 1.5, 2, 3])
def test_an_arm_that_follows_exactly_but_late_is_not_lost(filter, periods):
    room, off = late_arm(filter, periods)
    assert filter.latched is None
    assert off > filter.spec.tracking_error[0] or periods < 2
    assert room > 0.3 * filter.spec.tracking_error[0]


def test_the_delay_of_an_arm_is_measured(filter):
    late_arm(filter, 2)
    assert filter.delay == pytest.approx(2 * filter.spec.control_period)
    late_arm(filter, 0)
    assert filter.delay == 0.0


def test_of_an_arm_later_than_that_counts_what_no_delay_explains(filter):
    """At its fastest it is the periods beyond three away from the reference three ago."""
    rooms, lost = [], []
    for periods in range(3, 10):
        rooms.append(late_arm(filter, periods)[0])
        lost.append(filter.latched is Cause.TRACKING_ERROR)
    assert lost == [room < 0 for room in rooms]
    first = lost.index(True)
    assert first > 0 and all(lost[first:])
    assert (np.diff(rooms[: first + 1]) < 0).all()


def test_an_arm_that_stands_is_lost_whatever_delay_would_fit(filter):
    spec, period = filter.spec, filter.spec.control_period
    filter.reset(spec.home, 0.0)
    push = JointCommand(0.5 * spec.velocity)
    for step in range(50):
        now = step * period
        filter.apply(push, ArmState(spec.home, np.zeros(spec.n), now), period, now)
        if filter.latched is not None:
            break
    gone = np.abs(filter.reference(now - 3 * period)[0] - spec.home).max()
    ahead = np.abs(filter.reference(now)[0] - spec.home).max()
    assert filter.latched is Cause.TRACKING_ERROR
    bound = spec.tracking_error[0] + 4 * period * 0.5 * spec.velocity.max()
    assert ahead < bound and gone <= ahead


def test_a_late_state_is_judged_at_its_stamp(filter):
    spec, period = filter.spec, filter.spec.control_period
    filter.reset(spec.home, 0.0)
    push, past = JointCommand(0.9 * spec.velocity), []
    for step in range(40):
        now = step * period
        past.append(ArmState(*filter.reference(now), now))
        result = filter.apply(push, past[max(0, step - 3)], period, now)
        assert result.margins["tracking_error"] > 0.99 * spec.tracking_error.min()
    assert filter.delay == 0.0
