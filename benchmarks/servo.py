"""Clamping and halting, as MoveIt Servo does it, to compare the safety filter with.

After moveit_servo (moveit2, main): ``jointLimitVelocityScalingFactor`` scales the whole motion to
the slowest joint; ``CollisionMonitor`` scales it by exp(-log(0.001) / threshold * (distance -
threshold)), looked at 10 times a second; ``jointVariablesToHalt`` halts all joints where one
within its margin moves toward its limit. All numbers are Servo's defaults. Singularities it heeds
for commands of the tip alone, and these are commands of joints. Accelerations are clamped a joint
at a time, as ros2_control's limiter does behind it.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import Cause, SafetyResult, Status
from robot_learning.safety.guards import Guards
from robot_learning.safety.motion import sample, stopping_motion

Array = NDArray[np.float64]
LIMIT_MARGIN = 0.1  # rad
CHECK_PERIOD = 0.1  # s
THRESHOLDS = {Cause.SELF_COLLISION: 0.01, Cause.SCENE_COLLISION: 0.02}  # m


def servo(spec: RobotSpec, solids: Sequence[Solid]) -> "ServoRule":
    return ServoRule(spec, solids)


class ServoRule:
    """Has the face of a :class:`~robot_learning.safety.SafetyFilter`."""

    latched = None

    def __init__(self, spec: RobotSpec, solids: Sequence[Solid]) -> None:
        self.spec = spec
        self._guards = Guards(spec)
        self._guards.set_scene([*spec.safety.scene, *solids], None)
        self._held, self._start = Trajectory.rest(spec.home), 0.0
        self._collision_scale, self._checked_at = 1.0, -math.inf

    def reset(self, q: Array, now: float) -> None:
        self._held, self._start = Trajectory.rest(q), now
        self._checked_at = -math.inf

    def resume(self, state: ArmState | None, now: float) -> None:
        return None

    def reference(self, now: float) -> tuple[Array, Array]:
        return sample(self._held.times, self._held.q, self._held.qd, now - self._start)

    def apply(
        self, command: JointCommand | None, state: ArmState | None, dt: float, now: float
    ) -> SafetyResult:
        spec = self.spec
        q, qd = self.reference(now)
        asked = np.zeros(spec.n) if command is None else command.qd
        if asked.shape != q.shape or not np.isfinite(asked).all():
            asked = np.zeros(spec.n)
        fastest = float(np.max(np.abs(asked) / spec.velocity))
        given = asked / max(fastest, 1.0)
        given = given * self._scale_for_collision(q, now)
        near_upper = (q > spec.upper - LIMIT_MARGIN) & (given > 0)
        near_lower = (q < spec.lower + LIMIT_MARGIN) & (given < 0)
        if (near_upper | near_lower).any():
            given = np.zeros(spec.n)
        change = spec.acceleration * dt
        given = np.clip(given, qd - change, qd + change)
        self._held, self._start = stopping_motion(q, qd, given, spec.acceleration, dt), now
        same = np.allclose(given, asked)
        return SafetyResult(self._held, dt, Status.OK if same else Status.LIMITED, (), {})

    def _scale_for_collision(self, q: Array, now: float) -> float:
        if now - self._checked_at >= CHECK_PERIOD - 1e-9:
            self._checked_at, self._collision_scale = now, 1.0
            arm = self._guards.arm
            for pair in self._guards.clearance.pairs:
                if pair.cause not in THRESHOLDS:
                    continue
                threshold = THRESHOLDS[pair.cause]
                distance = arm.distance(pair.body, pair.other, q)
                if distance <= 0:
                    self._collision_scale = 0.0
                elif distance < threshold:
                    scale = math.exp(-math.log(0.001) / threshold * (distance - threshold))
                    self._collision_scale = min(self._collision_scale, scale)
        return self._collision_scale
