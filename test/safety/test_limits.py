"""The viability bounds, judged by braking to rest rather than by their formula."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.safety.limits import bounds, fastest_toward, limit_table
from robot_learning.safety.motion import stopping_motion

ZERO = np.zeros(1)


def farthest(qd, toward, acceleration, dt):
    """Return how far a joint gets that takes the speed ``toward`` and then brakes."""
    motion = stopping_motion(
        ZERO, np.array([qd]), np.array([toward]), np.array([acceleration]), dt
    )
    return motion.q[1:, 0].max()


@settings(max_examples=500, deadline=None)
@given(
    room=st.floats(0, 2),
    qd=st.floats(-2, 2),
    acceleration=st.floats(0.5, 20),
    dt=st.floats(0.002, 0.1),
)
def test_the_bound_is_safe_and_nothing_above_it_is(room, qd, acceleration, dt):
    bound = fastest_toward(room, qd, acceleration, dt)
    if bound <= 0:
        return
    assert farthest(qd, bound, acceleration, dt) <= room + 1e-9
    assert farthest(qd, bound + 1e-3, acceleration, dt) > room


@settings(max_examples=200, deadline=None)
@given(qd=st.floats(-3, 3), acceleration=st.floats(0.5, 20), dt=st.floats(0.002, 0.1))
def test_the_stop_brakes_no_harder_than_rated_and_ends_at_rest(qd, acceleration, dt):
    motion = stopping_motion(ZERO, ZERO, np.array([qd]), np.array([acceleration]), dt)
    speeds = motion.qd[1:, 0]
    assert (np.abs(np.diff(speeds)) <= acceleration * dt * (1 + 1e-9)).all()
    assert speeds[-1] == 0


def test_outside_only_inward_or_rest():
    assert fastest_toward(-0.1, 0.0, 5.0, 0.04) == 0.0


def test_the_jerk_narrows_the_bounds_but_gives_way_to_the_others(arm6):
    limits = limit_table(arm6)
    limits[4] = 10.0
    q, rest = arm6.home, np.zeros(arm6.n)
    _, upper = bounds(q, rest, rest, limits, 0.04)
    np.testing.assert_allclose(upper, 10.0 * 0.04**2)
    at_limit = arm6.soft_upper.copy()
    lower, upper = bounds(at_limit, rest, rest + 12.0, limits, 0.04)
    np.testing.assert_allclose(upper, 0.0, atol=1e-9)
    assert (lower <= upper).all()
