import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from robot_learning.base.trajectory import Trajectory


@pytest.fixture
def ramp():
    """One joint from 1 rad/s to rest at 2 rad/s² from time 0.5 on."""
    return Trajectory(
        np.array([0.0, 0.5, 1.0]),
        np.array([[0.0], [0.5], [0.75]]),
        np.array([[1.0], [1.0], [0.0]]),
    )


def test_between_knots_it_is_the_parabola(ramp):
    q, qd = ramp.sample(0.75)
    assert q[0] == pytest.approx(0.5 + 0.25 - 0.0625)
    assert qd[0] == pytest.approx(0.5)


def test_it_holds_at_the_end(ramp):
    q, qd = ramp.sample(7.0)
    assert q[0] == 0.75 and qd[0] == 0.0


def test_many_times_at_once(ramp):
    q, qd = ramp.sample(np.array([0.0, 0.5, 2.0]))
    np.testing.assert_allclose(q[:, 0], [0.0, 0.5, 0.75])
    np.testing.assert_allclose(qd[:, 0], [1.0, 1.0, 0.0])


def test_rest_stays():
    q, qd = Trajectory.rest(np.array([1.0, 2.0])).sample(3.0)
    np.testing.assert_array_equal(q, [1.0, 2.0])
    np.testing.assert_array_equal(qd, [0.0, 0.0])


@given(st.floats(0, 1.2), st.floats(0, 1.2))
def test_tail_and_head_are_the_same_motion(cut, t):
    whole = Trajectory(
        np.array([0.0, 0.5, 1.0]),
        np.array([[0.0], [0.5], [0.75]]),
        np.array([[1.0], [1.0], [0.0]]),
    )
    if t >= cut:
        part, at = whole.tail(cut), t - cut
    else:
        part, at = whole.head(cut), t
    np.testing.assert_allclose(part.sample(at)[0], whole.sample(t)[0], atol=1e-8)
