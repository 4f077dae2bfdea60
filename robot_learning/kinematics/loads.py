"""What gravity asks of an arm's motors."""

import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.kinematics.model import ArmModel, reduced

Array = NDArray[np.float64]
GRAVITY = 9.81  # m/s²


def gravity_load(model: ArmModel, q: Array) -> Array:
    """Return the share (m, n) of each joint's effort that holds the arm at ``q`` (m, n).

    0 where the URDF gives a joint no effort.
    """
    spec, whole = model.spec, pin.buildReducedModel(*reduced(model.spec))
    whole.gravity.linear = model.T_base_root[:3, :3].T @ model.gravity * GRAVITY
    data, at, found = whole.createData(), np.zeros(whole.nq), np.zeros(q.shape)
    places = [whole.joints[whole.getJointId(name)].idx_q for name in spec.joints]
    for row, place in zip(found, q, strict=True):
        at[places] = place
        row[:] = np.abs(pin.computeGeneralizedGravity(whole, data, at))[places]
    effort = whole.effortLimit[places]
    return np.where(effort > 0, found / np.maximum(effort, 1e-9), 0.0)
