import numpy as np
import pytest

from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety import SafetyFilter
from robot_learning.safety.certify import keeps_limits
from robot_learning.safety.limits import limit_table


@pytest.fixture
def good(arm6):
    """A segment with its stop, as the filter makes it."""
    filter = SafetyFilter(arm6)
    filter.reset(arm6.home, 0.0)
    command = JointCommand(np.full(arm6.n, 0.2))
    return filter.apply(command, ArmState(arm6.home, np.zeros(arm6.n), 0.0), 0.04, 0.0).stop


def changed(trajectory, name, index, value):
    arrays = {key: np.array(getattr(trajectory, key)) for key in ("times", "q", "qd")}
    arrays[name][index] = value
    return Trajectory(**arrays)


def is_kept(motion, arm6):
    return keeps_limits(motion.times, motion.q, motion.qd, limit_table(arm6))


def test_what_the_filter_makes_passes(good, arm6):
    assert is_kept(good, arm6)


@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("q", (1, 0), np.nan),
        ("q", (1, 0), np.inf),
        ("qd", (1, 0), np.nan),
        ("times", 1, np.nan),
        ("times", 1, 0.0),
        ("qd", (-1, 0), 0.01),
        ("qd", (1, 0), 9.0),
        ("q", (1, 0), 9.0),
        ("q", (1, 0), 0.001),
    ],
)
def test_anything_wrong_fails(good, arm6, name, index, value):
    assert not is_kept(changed(good, name, index, value), arm6)


def test_a_spline_that_swings_past_a_limit_between_knots_fails(arm6):
    q = arm6.home.copy()
    q[0] = arm6.soft_upper[0]
    h, v = 0.4, 1.0
    qd = np.zeros((3, arm6.n))
    qd[0, 0], qd[1, 0] = v, -v
    swing = Trajectory(np.array([0.0, h, 2 * h]), np.array([q, q, q]), qd)
    assert not is_kept(swing, arm6)
