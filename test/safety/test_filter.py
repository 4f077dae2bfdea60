import math
import sys

import numpy as np
import pytest
from helpers.processes import output
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.base.errors import SafetyError
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, Cut, SafetyFilter, Status

DT = 0.04


def free_configuration(spec, rng):
    filter = SafetyFilter(spec)
    while True:
        q = rng.uniform(spec.soft_lower, spec.soft_upper)
        if filter.is_free(q):
            return q


class Rig:
    """An arm that follows the filter exactly, with every limit judged on the way."""

    def __init__(self, spec, q=None, **options):
        self.spec, self.now = spec, 0.0
        self.q = np.array(spec.home if q is None else q)
        self.qd = np.zeros(spec.n)
        self.filter = SafetyFilter(spec, **options)
        self.filter.reset(self.q, 0.0)
        self.low = np.minimum(spec.soft_lower, self.q) - 1e-6
        self.high = np.maximum(spec.soft_upper, self.q) + 1e-6

    def step(self, command, dt=DT, state="measured"):
        if state == "measured":
            state = ArmState(self.q, self.qd, self.now)
        result = self.filter.apply(command, state, dt, self.now)
        before = self.qd
        for t in np.linspace(0, result.stop.duration, 40):
            q, qd = result.stop.sample(t)
            assert (q >= self.low).all() and (q <= self.high).all()
            assert (np.abs(qd) <= self.spec.velocity + 1e-6).all()
        assert not result.stop.qd[-1].any()
        self.q, self.qd = result.stop.sample(dt)
        allowed = self.spec.acceleration * dt
        assert (np.abs(self.qd - before) <= allowed * (1 + 1e-6) + 1e-6).all()
        self.now += dt
        return result

    def run(self, command, steps):
        for _ in range(steps):
            result = self.step(command)
        return result


@pytest.fixture
def rig(arm6):
    return Rig(arm6)


def velocity(spec, value):
    return JointCommand(np.full(spec.n, value))


def test_what_is_inside_the_limits_passes_unchanged(rig, arm6):
    result = rig.step(velocity(arm6, 0.1))
    assert result.status is Status.OK and not result.active
    np.testing.assert_allclose(result.segment.qd[-1], 0.1)


@pytest.mark.parametrize("sign", [-1, 1])
def test_pushing_for_ever_ends_at_rest_at_the_limit(spec, sign):
    rig = Rig(spec, limits_only=True)
    result = rig.run(velocity(spec, sign * 5.0), 400)
    limit = spec.soft_upper if sign > 0 else spec.soft_lower
    np.testing.assert_allclose(rig.q, limit, atol=1e-4)
    assert not rig.qd.round(6).any()
    assert result.status is Status.LIMITED and Cause.POSITION in result.active


def test_one_joint_at_its_limit_does_not_hold_up_the_others(rig, arm6):
    rig.run(JointCommand(np.eye(arm6.n)[0] * 5.0), 200)
    both = np.zeros(arm6.n)
    both[0], both[1] = 5.0, 0.1
    result = rig.step(JointCommand(both))
    assert result.segment.qd[-1][0] == pytest.approx(0.0, abs=1e-6)
    assert result.segment.qd[-1][1] == pytest.approx(0.1)


class OneWay:
    """Lets the first joint turn no faster than a limit in the positive direction."""

    def __init__(self, arm, limit=0.05):
        self.arm, self.limit, self.fastest = arm, limit, 0.0

    def check(self, motion, given, dt):
        self.fastest = motion.qd[1:, 0].max()
        cut = Cut(-np.eye(self.arm.spec.n)[0], -self.limit, Cause.VELOCITY)
        return () if self.fastest <= self.limit + 1e-9 else (cut,)

    def margins(self):
        return {"one_way": self.limit - self.fastest}


def test_a_check_of_ones_own_comes_on_top_of_the_filters(arm6):
    rig = Rig(arm6, checks=[OneWay])
    result = rig.run(velocity(arm6, 0.3), 3)
    assert rig.qd[0] == pytest.approx(0.05) and rig.qd[1] == pytest.approx(0.3)
    assert Cause.VELOCITY in result.active and result.margins["one_way"] == pytest.approx(0.0)
    assert {"self_collision", "singularity"} <= set(result.margins)
    with pytest.raises(SafetyError, match="no further checks"):
        SafetyFilter(arm6, limits_only=True, checks=[OneWay])


def compiled_for():
    """Return for how many kinds of arguments each compiled function is there, by name."""
    modules = [module for name, module in sys.modules.items() if name.startswith("robot_learning")]
    found = [one for module in modules for one in vars(module).values()]
    return {one.__name__: len(one.signatures) for one in found if hasattr(one, "signatures")}


def test_no_command_has_to_wait_for_the_compiler(spec):
    filter = SafetyFilter(spec)
    before, still = compiled_for(), np.zeros(spec.n)
    filter.reset(spec.home, 0.0)
    now = 0.0
    for q in (None, spec.home + 0.01):
        for acceleration in (None, spec.acceleration):
            for qd in (still, still + 0.1, still + 5.0, still + math.nan):
                state = ArmState(*filter.reference(now), now)
                filter.apply(JointCommand(qd, q, 0.5, acceleration), state, DT, now)
                now += DT
    filter.apply(velocity(spec, 0.1), None, DT, now)
    filter.resume(ArmState(spec.home, still, now + 2.0), now + 2.0)
    assert sum(before.values()) > 20 and compiled_for() == before


HOSTILE = """
import numpy as np
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from safety.test_filter import DT, compiled_for, drive

filter = SafetyFilter(RobotSpec.load("ROBOT"))
before = compiled_for()
causes = drive(filter, np.random.default_rng(0), 600)
print(*sorted(causes))
print(*(name for name, count in compiled_for().items() if count != before[name]))
"""


def drive(filter, rng, periods):
    """Ask for a new random motion each second, and return what stood in the way by name."""
    spec, causes = filter.spec, set()
    filter.reset(spec.home, 0.0)
    for period in range(periods):
        now = period * DT
        if period % 25 == 0:
            qd = rng.uniform(-1.0, 1.0, spec.n) * spec.velocity
        result = filter.apply(JointCommand(qd), ArmState(*filter.reference(now), now), DT, now)
        causes |= {cause.value for cause in result.active}
    return causes


@pytest.mark.parametrize("robot", ["panda", "xarm6", "so101"])
def test_nothing_that_stands_in_the_way_has_to_wait_for_the_compiler(robot):
    """In a process of its own: what another test has called is compiled already."""
    causes, late = output(HOSTILE.replace("ROBOT", robot)).splitlines()
    assert {"scene_collision", "self_collision"} & set(causes.split()) and not late


@settings(max_examples=40, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32 - 1))
def test_no_sequence_of_commands_leaves_the_limits(data, seed):
    spec = RobotSpec.load(data.draw(st.sampled_from(["arm6", "panda"])))
    rng = np.random.default_rng(seed)
    rig = Rig(spec, free_configuration(spec, rng))
    wild = [np.nan, np.inf, -np.inf, 1e308, -1e308, 0.0]
    for _ in range(40):
        kind = rng.integers(6)
        qd = rng.uniform(-3, 3, spec.n) * spec.velocity
        if kind == 0:
            qd = np.sign(qd) * 1e6
        if kind == 1:
            qd[rng.integers(spec.n)] = wild[rng.integers(len(wild))]
        q = rng.uniform(-7, 7, spec.n) if kind == 2 else None
        most = rng.uniform(0.01, 2.0, spec.n) * spec.acceleration if kind == 5 else None
        command = None if kind == 3 else JointCommand(qd, q, acceleration=most)
        rig.step(command, dt=DT * rng.uniform(0.2, 3) if kind == 4 else DT)


@pytest.mark.parametrize(
    "command",
    [
        JointCommand(np.full(6, np.nan)),
        JointCommand(np.array([0, 0, np.inf, 0, 0, 0])),
        JointCommand(np.zeros(5)),
        JointCommand(np.zeros((6, 1))),
        JointCommand(np.zeros(6), np.full(6, np.nan)),
        JointCommand(np.zeros(6), np.zeros(7)),
        JointCommand(np.zeros(6), acceleration=np.zeros(6)),
        JointCommand(np.zeros(6), acceleration=-np.ones(6)),
        JointCommand(np.zeros(6), acceleration=np.full(6, np.nan)),
        JointCommand(np.zeros(6), acceleration=np.ones(5)),
    ],
)
def test_a_bad_command_becomes_the_stop(rig, arm6, command):
    rig.run(velocity(arm6, 0.3), 5)
    result = rig.step(command)
    assert result.active == (Cause.BAD_COMMAND,) and result.status is Status.STOPPING
    rig.run(command, 20)
    assert not rig.qd.any()
    assert rig.step(velocity(arm6, 0.1)).status is Status.OK


def test_a_command_with_an_acceleration_is_approached_in_a_straight_line_of_velocities(rig, arm6):
    wanted = np.linspace(-0.2, 0.4, arm6.n)
    command = JointCommand(wanted, acceleration=0.1 * arm6.acceleration)
    step = 0.1 * arm6.acceleration * DT
    periods = int(np.ceil((np.abs(wanted) / step).max()))
    for number in range(1, periods + 3):
        assert rig.step(command).status is Status.OK
        np.testing.assert_allclose(
            rig.qd, wanted * min(1.0, number / (np.abs(wanted) / step).max()), atol=1e-12
        )


def test_a_measured_velocity_changes_nothing(arm6):
    clean, noisy = Rig(arm6), Rig(arm6)
    command = JointCommand(np.full(arm6.n, 0.4), acceleration=0.2 * arm6.acceleration)
    for _ in range(10):
        clean.step(command)
        noisy.step(command, state=ArmState(noisy.q, noisy.qd - 0.5, noisy.now))
        np.testing.assert_array_equal(clean.qd, noisy.qd)


def test_without_a_command_the_arm_follows_its_stop(rig, arm6):
    result = rig.run(velocity(arm6, 0.3), 5)
    end = result.stop.q[-1]
    result = rig.run(None, 20)
    assert result.status is Status.STOPPED and result.active == (Cause.NO_COMMAND,)
    np.testing.assert_allclose(rig.q, end, atol=1e-9)


@pytest.mark.parametrize("dt", [0.0, -0.04, math.nan, math.inf])
def test_a_period_that_is_none_becomes_the_stop(rig, arm6, dt):
    rig.run(velocity(arm6, 0.3), 3)
    state = ArmState(rig.q, rig.qd, rig.now)
    result = rig.filter.apply(velocity(arm6, 0.3), state, dt, rig.now)
    assert result.active == (Cause.BAD_PERIOD,) and np.isfinite(result.stop.q).all()


def test_a_clock_that_goes_backwards_becomes_the_stop(rig, arm6):
    rig.run(velocity(arm6, 0.3), 3)
    state = ArmState(rig.q, rig.qd, 0.0)
    assert rig.filter.apply(velocity(arm6, 0.3), state, DT, 0.0).active == (Cause.BAD_PERIOD,)


def test_a_stop_latches_until_resume(rig, arm6):
    rig.run(velocity(arm6, 0.3), 5)
    rig.filter.request_stop()
    with pytest.raises(SafetyError, match="braking"):
        rig.filter.resume(ArmState(rig.q, rig.qd, rig.now), rig.now)
    result = rig.run(velocity(arm6, 0.3), 20)
    assert result.status is Status.STOPPED and result.active == (Cause.STOP_REQUESTED,)
    rig.filter.resume(ArmState(rig.q, rig.qd, rig.now), rig.now)
    assert rig.step(velocity(arm6, 0.1)).status is Status.OK


@pytest.mark.parametrize(
    ("spoil", "cause"),
    [
        (lambda state: None, Cause.STALE_STATE),
        (lambda state: ArmState(state.q, state.qd, state.stamp - 1.0), Cause.STALE_STATE),
        (lambda state: ArmState(state.q, state.qd, state.stamp + 1.0), Cause.STALE_STATE),
        (lambda state: ArmState(state.q, state.qd, math.nan), Cause.STALE_STATE),
        (lambda state: ArmState(state.q * np.nan, state.qd, state.stamp), Cause.BAD_STATE),
        (lambda state: ArmState(state.q[:3], state.qd, state.stamp), Cause.BAD_STATE),
        (lambda state: ArmState(state.q + 0.3, state.qd, state.stamp), Cause.TRACKING_ERROR),
    ],
)
def test_a_bad_state_stops_the_arm_and_latches(rig, arm6, spoil, cause):
    rig.run(velocity(arm6, 0.3), 5)
    bad = spoil(ArmState(rig.q, rig.qd, rig.now))
    assert rig.step(velocity(arm6, 0.3), state=bad).active == (cause,)
    assert rig.filter.latched is cause
    rig.run(velocity(arm6, 0.3), 20)
    assert not rig.qd.any()
    if cause is not Cause.TRACKING_ERROR:
        with pytest.raises(SafetyError, match=cause.value):
            again = spoil(ArmState(rig.q, rig.qd, rig.now))
            rig.filter.resume(again, rig.now)


def test_resume_without_a_state_is_refused(rig):
    rig.filter.request_stop()
    with pytest.raises(SafetyError):
        rig.filter.resume(None, 0.0)


def test_outside_its_limits_a_joint_may_move_inward_only(arm6):
    q = arm6.home.copy()
    q[0] = arm6.upper[0] + 0.05
    outward = Rig(arm6, q)
    outward.run(velocity(arm6, 1.0), 5)
    assert outward.q[0] == q[0]
    inward = Rig(arm6, q)
    inward.run(JointCommand(-np.eye(arm6.n)[0]), 20)
    assert inward.q[0] < q[0] - 0.1


def test_margins_say_how_far_the_limits_are(rig, arm6):
    margins = rig.step(velocity(arm6, 0.1)).margins
    joints = {"position", "velocity", "tracking_error"}
    motion = {"self_collision", "scene_collision", "workspace", "tip_speed", "singularity"}
    assert set(margins) == joints | motion
    assert margins["velocity"] == pytest.approx((arm6.soft_velocity - 0.1).min())


def test_margins_looked_at_later_are_those_of_their_own_period(arm6):
    at_once, later = ([], [])
    for kept, look in ((at_once, dict), (later, lambda margins: margins)):
        rig = Rig(arm6)
        for speed in (0.1, 0.4, 9.0):
            kept.append(look(rig.step(velocity(arm6, speed)).margins))
        rig.step(None)
    assert [dict(margins) for margins in later] == at_once and at_once[0] != at_once[1]


def test_a_period_so_short_that_the_stop_is_long_is_guarded_alike(arm6):
    rig = Rig(arm6)
    rig.run(velocity(arm6, 0.5), 20)
    result = rig.step(velocity(arm6, 0.5), dt=DT / 50)
    assert result.status is Status.OK and len(result.stop.times) > 50


def test_before_reset_nothing_passes(arm6):
    with pytest.raises(SafetyError, match="reset"):
        SafetyFilter(arm6).apply(None, None, DT, 0.0)
    with pytest.raises(SafetyError):
        SafetyFilter(arm6).reset(np.full(arm6.n, np.nan), 0.0)


@pytest.mark.parametrize(
    "command", [JointCommand(np.full(6, 1e3)), JointCommand(np.zeros(6), np.full(6, 50.0))]
)
def test_an_implausible_command_becomes_the_stop(rig, arm6, command):
    rig.run(velocity(arm6, 0.3), 5)
    assert rig.step(command).active == (Cause.IMPLAUSIBLE,)


def test_positions_are_followed(rig, arm6):
    target = rig.q + 0.1
    for _ in range(60):
        rig.step(JointCommand(np.zeros(arm6.n), target))
    np.testing.assert_allclose(rig.q, target, atol=1e-3)
