"""Ways among obstacles: straight where that is free, else around; never out of a limit."""

import importlib.util

import numpy as np
import pytest

from robot_learning.assurance.judge import Judge
from robot_learning.base.errors import ConfigError, SafetyError
from robot_learning.base.types import ArmState
from robot_learning.kinematics.chain import tip_jacobian
from robot_learning.planning import Follower, find_way, leaving_filter, rehearse, way_out
from robot_learning.planning.straight import SHARE
from robot_learning.robot.schema import Solid
from robot_learning.safety import SafetyFilter
from robot_learning.safety.guards import Guards
from robot_learning.worlds.bullet import Contacts

WALL = Solid(name="wall", box=(0.6, 0.04, 0.8), xyz=(0.55, 0.0, 0.4))
SIDE = np.array([1.2, 0.0, 0.0, 0.0, 0.0, 0.0])  # of home, on either side of the wall


@pytest.fixture(scope="module")
def filter(arm6):
    return SafetyFilter(arm6, reduced_speed=True)


@pytest.fixture
def walled(filter):
    filter.set_scene([WALL], 0.0)
    yield filter
    filter.set_scene([], 0.0)


def broken(spec, solids, motion, filter):
    """Return what Bullet and the limits say of what leaves the filter."""
    contacts = Contacts(spec, solids)
    judge = Judge(spec, contacts)
    judge.start(motion.q[0])
    try:
        passed = rehearse(filter, motion)
        return [item for result in passed for item in judge.follow(result.stop, result.dt)]
    finally:
        contacts.close()


def tip_speeds(filter, motion):
    arm = filter.guards.arm
    tip, pairs = arm.bodies[-1].points[0], zip(motion.q, motion.qd, strict=True)
    return [np.linalg.norm(tip_jacobian(q, arm.screws, tip)[:3] @ qd) for q, qd in pairs]


def test_a_free_way_is_straight_and_inside_the_limits(arm6, filter):
    way = find_way(filter, arm6.home - SIDE, arm6.home + SIDE)
    assert way.kind == "straight"
    assert not way.around
    off = way.motion.q - arm6.home
    np.testing.assert_allclose(off[:, 1:], 0.0, atol=1e-9)
    assert np.abs(way.motion.qd).max() <= SHARE * arm6.velocity[0] + 1e-9
    assert max(tip_speeds(filter, way.motion)) <= arm6.safety.reduced_tip_speed
    assert not broken(arm6, [], way.motion, filter)


def test_a_wall_in_the_straight_way_is_gone_around(arm6, walled):
    way = find_way(walled, arm6.home - SIDE, arm6.home + SIDE)
    assert way.kind == "planned"
    assert "wall" in way.around
    np.testing.assert_allclose(way.motion.q[[0, -1]], [arm6.home - SIDE, arm6.home + SIDE])
    assert all(walled.is_free(q) for q in way.motion.q)
    change = np.diff(way.motion.qd, axis=0) / np.diff(way.motion.times)[:, None]
    assert (np.abs(way.motion.qd) <= 1.001 * SHARE * arm6.velocity).all()
    assert (np.abs(change) <= 1.001 * SHARE * arm6.acceleration).all()
    assert max(tip_speeds(walled, way.motion)) <= arm6.safety.reduced_tip_speed
    assert not broken(arm6, [WALL], way.motion, walled)
    # Bullet finds the wall in the straight way.
    contacts = Contacts(arm6, [WALL])
    assert contacts.at(arm6.home)
    contacts.close()


def test_a_seed_finds_the_same_way_again(arm6, walled):
    ends = arm6.home - SIDE, arm6.home + SIDE
    first, again, other = (find_way(walled, *ends, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.motion.q, again.motion.q)
    assert first.motion.q.shape != other.motion.q.shape or not np.array_equal(
        first.motion.q, other.motion.q
    )


def test_ends_that_can_not_be_are_named(arm6, walled):
    free = arm6.home - SIDE
    with pytest.raises(SafetyError, match="the goal is not free: .* mm from wall"):
        find_way(walled, free, arm6.home)
    with pytest.raises(SafetyError, match="elbow_joint is at 9.000, expected"):
        find_way(walled, free, np.where(np.arange(6) == 2, 9.0, free))
    with pytest.raises(SafetyError, match="mm from wall"):
        find_way(walled, arm6.home, free)


def test_a_search_that_finds_nothing_in_its_time_says_what_is_in_the_way(arm6, walled):
    with pytest.raises(SafetyError, match="no way was found in 1e-06 s; .* mm from wall"):
        find_way(walled, arm6.home - SIDE, arm6.home + SIDE, seconds=1e-6)


def test_only_a_way_around_needs_the_extra(arm6, walled, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ompl" else found(name)
    )
    assert find_way(walled, arm6.home - SIDE, arm6.home - SIDE / 2).kind == "straight"
    with pytest.raises(ConfigError, match=r"needs ompl: pip install 'robot_learning\[planning\]'"):
        find_way(walled, arm6.home - SIDE, arm6.home + SIDE)


def test_an_arm_that_touches_something_is_led_out_and_never_further_in(arm6):
    guards = Guards(arm6)
    q = arm6.home + np.array([0.0, 1.4, 0.0, 0.0, 0.0, 0.0])
    assert "floor" in guards.too_near(q)
    touching = [pair for pair, distance in guards.clearance.near(q) if distance <= 0]
    filter = leaving_filter(arm6, q)
    legs = way_out(arm6, guards, q)
    for leg in legs:
        passed = rehearse(filter, leg)
        np.testing.assert_allclose(passed[-1].stop.q[-1], leg.q[-1], atol=1e-5)
        at = np.array([result.stop.q[0] for result in passed])
        for pair in touching:
            gaps = [guards.arm.distance(pair.body, pair.other, one) for one in at]
            assert (np.diff(gaps) > -1e-5).all()
    assert not guards.too_near(legs[-1].q[-1])


def test_late_periods_do_not_keep_the_arm_from_arriving(arm6, filter):
    motion, dt = find_way(filter, arm6.home - SIDE, arm6.home).motion, arm6.control_period
    filter.reset(motion.q[0], 0.0)
    follower, now, went = Follower(motion), 0.0, []
    for number in range(3 * len(motion.times)):
        state = ArmState(*filter.reference(now), now)
        result = filter.apply(follower.command(filter, now), state, dt, now)
        went.append(result.stop.q[0, 0])
        if follower.arrived(result):
            break
        now += dt * (2.5 if number % 2 else 1.0)  # every other one is late
    assert follower.arrived(result)
    assert (np.diff(went) > -1e-9).all()
