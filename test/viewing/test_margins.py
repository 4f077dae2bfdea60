"""What a page tells of an arm at rest, against the filter."""

import numpy as np

from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety import Cause, SafetyFilter, Status
from robot_learning.safety.guards import Guards
from robot_learning.viewing.clouds import tips
from robot_learning.viewing.margins import breaks, look


def test_the_margins_are_those_of_the_filter_at_rest(arm6):
    guard, q = SafetyFilter(arm6), arm6.home.copy()
    q[1] += 0.1
    guard.reset(q, 0.0)
    rest = JointCommand(np.zeros(arm6.n))
    result = guard.apply(rest, ArmState(q, np.zeros(arm6.n), 0.0), arm6.control_period, 0.0)
    margins, _ = look(Guards(arm6), q, 0)
    for margin in margins:
        # Of distances the filter knows lower bounds, as near as it needs them.
        told = result.margins[margin.cause.value]
        exact = margin.cause in (Cause.POSITION, Cause.SINGULARITY)
        assert np.isclose(told, margin.room) if exact else told <= margin.room + 1e-9
    assert result.status is Status.OK and not breaks(margins)


def test_red_is_where_the_filter_keeps_no_arm_at_rest(arm6):
    found, guards = tips(Guards(arm6), 200), Guards(arm6)
    rng = np.random.default_rng(0)
    drawn = rng.uniform(arm6.soft_lower, arm6.soft_upper, (200, arm6.n))
    expected = [bool(breaks(look(guards, q, 0)[0])) for q in drawn]
    assert 0 < sum(expected) < 200
    assert found.refused.tolist() == expected
