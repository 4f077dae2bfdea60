"""The viability bounds, judged by braking to rest rather than by their formula."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from robot_learning.safety.limits import braking_ramp, fastest_toward

ONE = np.ones(1)


def farthest(room, qd, toward, acceleration, dt):
    """Return how far a joint gets that takes the speed ``toward`` and then brakes."""
    position = (qd + toward) * dt / 2
    _, positions, _ = braking_ramp(ONE * position, ONE * toward, ONE * acceleration, dt)
    return max([position, *positions[:, 0]])


@settings(max_examples=500, deadline=None)
@given(
    room=st.floats(0, 2),
    qd=st.floats(-2, 2),
    acceleration=st.floats(0.5, 20),
    dt=st.floats(0.002, 0.1),
)
def test_the_bound_is_safe_and_nothing_above_it_is(room, qd, acceleration, dt):
    bound = fastest_toward(ONE * room, ONE * qd, ONE * acceleration, dt)[0]
    if bound <= 0:
        return
    assert farthest(room, qd, bound, acceleration, dt) <= room + 1e-9
    assert farthest(room, qd, bound + 1e-3, acceleration, dt) > room


@settings(max_examples=200, deadline=None)
@given(qd=st.floats(-3, 3), acceleration=st.floats(0.5, 20), dt=st.floats(0.002, 0.1))
def test_the_ramp_brakes_no_harder_than_rated_and_ends_at_rest(qd, acceleration, dt):
    times, _, velocities = braking_ramp(ONE * 0, ONE * qd, ONE * acceleration, dt)
    speeds = np.concatenate([[qd], velocities[:, 0]])
    if len(times):
        assert (np.abs(np.diff(speeds)) <= acceleration * dt * (1 + 1e-9)).all()
    assert speeds[-1] == 0 or abs(qd) < 1e-9


def test_outside_only_inward_or_rest():
    bound = fastest_toward(ONE * -0.1, ONE * 0.0, ONE * 5.0, 0.04)
    assert bound[0] == 0.0
