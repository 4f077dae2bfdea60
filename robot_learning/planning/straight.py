"""A straight line of all joints, from rest to rest."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.kinematics.chain import tip_jacobian
from robot_learning.planning.space import line
from robot_learning.robot import RobotSpec
from robot_learning.safety.guards import Guards

Array = NDArray[np.float64]
SHARE = 0.25  # of the speed and acceleration limits that is used
TIP = 0.9  # of the tip's speed limit


def straight(spec: RobotSpec, guards: Guards | None, q: Array, goal: Array) -> Trajectory:
    """Return the motion from ``q`` to ``goal`` (n,) along a straight line, a knot a period.

    It keeps a quarter of the speed and acceleration limits, and the tip's speed limit in force.

    Args:
        spec: the robot.
        guards: of the filter that the motion goes through; None where it has none.
        q: rad or m.
        goal: rad or m.
    """
    way = line(q, goal)
    length = way.duration
    if length == 0.0:
        return way
    along = np.maximum(np.abs(way.qd[0]), 1e-12)
    speed = float((SHARE * spec.velocity / along).min())
    acceleration = float((SHARE * spec.acceleration / along).min())
    if guards is not None:
        speed = min(speed, TIP * guards.fastest_tip / max(_tip_moves(guards, way), 1e-9))
    speed = min(speed, float(np.sqrt(acceleration * length)))
    ramp = speed / acceleration
    seconds = length / speed + ramp
    count = int(np.ceil(seconds / spec.control_period))
    times = np.arange(count + 1, dtype=np.float64) * spec.control_period
    left = np.maximum(seconds - times, 0.0)
    # Speeding up, going on, braking.
    done = np.where(times < ramp, acceleration * times**2 / 2, speed * (times - ramp / 2))
    done = np.where(left < ramp, length - acceleration * left**2 / 2, done)
    rate = np.minimum(np.minimum(times, left) * acceleration, speed)
    moved = q + (done / length)[:, None] * (goal - q)
    moved[-1] = goal
    return Trajectory(times, moved, rate[:, None] * way.qd[0])


def _tip_moves(guards: Guards, way: Trajectory) -> float:
    """Return how far the tip moves at most along a line, m per unit of its length."""
    screws, tip = guards.arm.screws, guards.arm.bodies[-1].points[0]
    looks = [tip_jacobian(q, screws, tip)[:3] @ way.qd[0] for q in way.q]
    return float(np.linalg.norm(looks, axis=1).max())
