import numpy as np

from robot_learning.robot import ArmModel, ArmState, JointCommand
from robot_learning.safety import Cause, SafetyFilter


def smallest(model, q):
    return np.linalg.svd(model.jacobian(q)[:3], compute_uv=False).min()


def test_motion_into_a_singularity_stops_and_motion_out_is_free(arm6):
    model, filter = ArmModel(arm6), SafetyFilter(arm6)
    filter.reset(arm6.home, 0.0)
    stretch = np.array([0.0, 0.0, -1.0, 0.0, -1.0, 0.0])
    now, seen, values = 0.0, set(), []
    for sign in [1.0] * 38 + [-1.0] * 40:
        q, qd = filter.reference(now)
        values.append(smallest(model, q))
        result = filter.apply(JointCommand(sign * stretch), ArmState(q, qd, now), 0.04, now)
        seen.update(result.active)
        now += 0.04
    assert Cause.SINGULARITY in seen
    assert min(values) > 0.01
    assert values[-1] > min(values) + 0.1
    assert result.margins["singularity"] > 0.1
