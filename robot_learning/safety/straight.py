"""A straight line of all joints, from where the arm rests to where it is wanted at rest."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import JointCommand
from robot_learning.robot import RobotSpec
from robot_learning.safety.filter import SafetyFilter

Array = NDArray[np.float64]
SHARE = 0.25  # of the speed and acceleration limits that is used
GAIN = 5.0  # 1/s: share of what is left that a second of motion would cover
ARRIVED = 1e-5  # rad or m; nearer than this the arm is there


def duration(spec: RobotSpec, q: Array, target: Array) -> float:
    """Return how long the line from ``q`` (n,) to ``target`` (n,) takes at full speed, s."""
    return float((np.abs(target - q) / (SHARE * spec.velocity)).max())


def obstacle(filter: SafetyFilter, q: Array, target: Array) -> str:
    """Name what the arm would come too near to between ``q`` and ``target``; empty for nothing."""
    seconds = duration(filter.spec, q, target)
    if filter.guards is None or seconds == 0.0:
        return ""
    qd = (target - q) / seconds
    line = Trajectory(np.array([0.0, seconds]), np.array([q, target]), np.array([qd, qd]))
    return filter.guards.obstacle(line)


def toward(filter: SafetyFilter, target: Array, now: float, opening: float) -> JointCommand:
    """Return the command at ``now`` that leads the arm to ``target``.

    Args:
        filter: that the commands go through.
        target: (n,) positions, rad or m.
        now: start of the period, s on the filter's clock.
        opening: of the gripper wanted, in [0, 1].
    """
    q = filter.reference(now)[0]
    speed = min(GAIN, 1.0 / max(duration(filter.spec, q, target), 1e-9))
    acceleration = SHARE * filter.spec.acceleration
    return JointCommand(speed * (target - q), None, opening, acceleration)


def ends_at(motion: Trajectory, target: Array) -> bool:
    """Say whether a motion comes to rest at ``target`` (n,)."""
    return bool(np.abs(motion.q[-1] - target).max() < ARRIVED)
