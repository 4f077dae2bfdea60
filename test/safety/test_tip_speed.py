import numpy as np

from robot_learning.robot import ArmModel, ArmState, JointCommand
from robot_learning.safety import Cause, SafetyFilter


def test_the_tip_keeps_the_reduced_speed(spec):
    model, filter = ArmModel(spec), SafetyFilter(spec, reduced_speed=True)
    filter.reset(spec.home, 0.0)
    rng, now, seen = np.random.default_rng(0), 0.0, set()
    for step in range(300):
        if step % 20 == 0:
            asked = rng.uniform(-1, 1, spec.n) * spec.velocity
        q, qd = filter.reference(now)
        assert np.linalg.norm(model.jacobian(q)[:3] @ qd) <= 0.25 + 1e-5
        result = filter.apply(JointCommand(asked), ArmState(q, qd, now), 0.04, now)
        for knot, speed in zip(result.stop.q, result.stop.qd, strict=True):
            assert np.linalg.norm(model.jacobian(knot)[:3] @ speed) <= 0.25 + 1e-5
        seen.update(result.active)
        now += 0.04
    assert Cause.TIP_SPEED in seen
