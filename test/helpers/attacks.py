"""Whatever may come, as hypothesis makes it up, and an arm that follows the filter through it."""

import numpy as np
from hypothesis import strategies as st

from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety import SafetyFilter

DT = 0.04
SAMPLES = 5
PERIODS = (DT, DT, DT, DT, 0.1 * DT, 10 * DT, 0.0, -DT, float("nan"), float("inf"))
NOT_NUMBERS = (float("nan"), float("inf"), -float("inf"), 1e300)


@st.composite
def attacks(draw, n):
    """Commands with their periods: pushes to and fro, at rest, not finite, of a wrong shape."""
    strikes = []
    for _ in range(draw(st.integers(2, 6))):
        factor = draw(st.sampled_from([0.1, 1.0, 1.0, 3.0]))
        way = draw(st.lists(st.sampled_from([-1.0, -0.4, 0.0, 0.4, 1.0]), min_size=n, max_size=n))
        push = factor * np.array(way)
        for _ in range(draw(st.integers(1, 20))):
            strikes.append((push, DT))
        if draw(st.booleans()):
            spoiled = push.copy()
            spoiled[draw(st.integers(0, n - 1))] = draw(st.sampled_from(NOT_NUMBERS))
            strikes.append((spoiled, DT))
            strikes.append((push[: draw(st.integers(0, n - 1))], DT))
        strikes.append((push, draw(st.sampled_from(PERIODS))))
    return strikes


def follow(filter: SafetyFilter, strikes, start):
    """Yield results and where the arm is at five times of each period, and on the way to rest."""
    spec, now = filter.spec, 0.0
    filter.reset(start, now)
    result = None
    for push, dt in strikes:
        q, qd = filter.reference(now)
        scale = spec.velocity if len(push) == spec.n else 1.0
        result = filter.apply(JointCommand(push * scale), ArmState(q, qd, now), dt, now)
        elapsed = dt if np.isfinite(dt) and dt > 0 else DT
        for t in np.linspace(0.0, elapsed, SAMPLES):
            yield result, *result.stop.sample(t)
        now += elapsed
    for t in np.linspace(0.0, result.stop.duration + DT, 10 * SAMPLES):
        q, qd = result.stop.sample(t)
        yield result, q, qd
    assert not qd.any()
