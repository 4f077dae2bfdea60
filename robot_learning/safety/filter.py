"""The safety filter: the closest command inside the limits, with its own stop behind it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.errors import SafetyError
from robot_learning.robot import ArmState, JointCommand, RobotSpec, Trajectory
from robot_learning.safety.certify import is_certified
from robot_learning.safety.limits import JointLimits, braking_ramp
from robot_learning.safety.status import Cause, Status

Array = NDArray[np.float64]
REST = 1e-9  # rad/s or m/s; slower is rounding


@dataclass(frozen=True)
class SafetyResult:
    """What leaves the filter for one control period.

    Attributes:
        segment: motion of this period.
        stop: the segment followed by the braking ramp to rest; safe to follow to its end.
        status: what happened to the command.
        active: why, empty when it passed unchanged.
        margins: distance left per cause, smallest over the joints: ``position`` and
            ``tracking_error`` in rad or m, ``velocity`` in rad/s or m/s; negative is outside.
    """

    segment: Trajectory
    stop: Trajectory
    status: Status
    active: tuple[Cause, ...]
    margins: dict[str, float]


class SafetyFilter:
    """Turns any command into one that keeps the limits of ``spec`` for ever.

    The reference is the trajectory last let through, never the measured state. A period without
    a usable command follows the stop that came with the last one. Latching causes keep the arm
    stopped until :meth:`resume`.

    Args:
        spec: the robot.
        state_timeout: age at which a measured state no longer counts, s.
    """

    def __init__(self, spec: RobotSpec, *, state_timeout: float = 0.2) -> None:
        self.spec = spec
        self.state_timeout = state_timeout
        self._limits = JointLimits(spec)
        self._latched: Cause | None = None
        self._in_hand: Trajectory | None = None
        self._start = -math.inf

    @property
    def latched(self) -> Cause | None:
        """The cause of the stop that waits for :meth:`resume`, or None."""
        return self._latched

    def reset(self, q: Array, now: float) -> None:
        """Start from rest at ``q`` (n,) at time ``now``, s. Clears a latched stop.

        Raises:
            SafetyError: where ``q`` is not n finite numbers.
        """
        if np.shape(q) != (self.spec.n,) or not np.isfinite(q).all():
            raise SafetyError(f"the filter can't start at {q}: expected {self.spec.n} numbers")
        self._in_hand = Trajectory.rest(q)
        self._start = now
        self._latched = None

    def reference(self, now: float) -> tuple[Array, Array]:
        """Return commanded positions and velocities (n,) at time ``now``, s."""
        if self._in_hand is None:
            raise SafetyError("the filter has no state to start from; call reset first")
        return self._in_hand.sample(now - self._start)

    def request_stop(self) -> None:
        """Stop the arm and keep it stopped until :meth:`resume`."""
        self._latched = self._latched or Cause.STOP_REQUESTED

    def resume(self, state: ArmState | None, now: float) -> None:
        """Release a latched stop and start from rest where the arm is.

        Raises:
            SafetyError: while the arm moves or the cause of the stop stands.
        """
        if state is None:
            raise SafetyError(f"resume refused: {Cause.STALE_STATE.value}: no measured state")
        cause = self._unusable(state, now)
        if cause is not None:
            raise SafetyError(f"resume refused: {cause.value}")
        if self._in_hand is not None and self.reference(now)[1].any():
            raise SafetyError("resume refused: the arm is still braking")
        self.reset(state.q, now)

    def apply(
        self, command: JointCommand | None, state: ArmState | None, dt: float, now: float
    ) -> SafetyResult:
        """Return the motion for the period that starts at ``now``.

        Args:
            command: what is asked for, or None where nothing came.
            state: newest measured state, or None before the first.
            dt: length of the period, s.
            now: its start, s on the clock of ``state.stamp``.

        Raises:
            SafetyError: before the first :meth:`reset`.
        """
        if self._in_hand is None:
            raise SafetyError("the filter has no state to start from; call reset first")
        if not (math.isfinite(now) and math.isfinite(dt) and dt > 0 and now >= self._start):
            return self._follow_stop((Cause.BAD_PERIOD,), self.spec.control_period, self._start)
        q, qd = self.reference(now)
        self._latched = self._latched or self._fault(state, now)
        if self._latched is not None:
            return self._follow_stop((self._latched,), dt, now, state)
        if command is None:
            return self._follow_stop((Cause.NO_COMMAND,), dt, now, state)
        if not self._usable(command):
            return self._follow_stop((Cause.BAD_COMMAND,), dt, now, state)
        asked = self._asked_velocity(command, q, qd, dt)
        bounds = self._limits.bounds(q, qd, dt)
        given = np.clip(asked, bounds.lower, bounds.upper)
        given[np.abs(given) < REST] = 0.0
        stop = self._with_ramp(q, qd, given, dt)
        if not bounds.feasible or not is_certified(stop, self.spec):
            return self._follow_stop((Cause.UNCERTIFIED,), dt, now, state)
        changed = bool((np.abs(given - asked) > 1e-9).any())
        causes = tuple(self._limits.broken(asked, bounds, qd, dt)) if changed else ()
        status = Status.LIMITED if changed else Status.OK
        return self._let_through(stop, status, causes, dt, now, state)

    def _unusable(self, state: ArmState, now: float) -> Cause | None:
        shape = (self.spec.n,)
        finite = np.isfinite(state.q).all() and np.isfinite(state.qd).all()
        if state.q.shape != shape or state.qd.shape != shape or not finite:
            return Cause.BAD_STATE
        if not abs(now - state.stamp) <= self.state_timeout:
            return Cause.STALE_STATE
        return None

    def _fault(self, state: ArmState | None, now: float) -> Cause | None:
        """Return the latching cause that the measured state gives, or None."""
        if state is None:
            return Cause.STALE_STATE
        unusable = self._unusable(state, now)
        if unusable is not None:
            return unusable
        # A state older than the motion in hand is compared with the start of that motion.
        then, _ = self.reference(min(max(state.stamp, self._start), now))
        error = np.abs(state.q - then)
        return None if (error <= self.spec.tracking_error).all() else Cause.TRACKING_ERROR

    def _usable(self, command: JointCommand) -> bool:
        shape = (self.spec.n,)
        if command.qd.shape != shape or not np.isfinite(command.qd).all():
            return False
        return command.q is None or (
            command.q.shape == shape and bool(np.isfinite(command.q).all())
        )

    def _asked_velocity(self, command: JointCommand, q: Array, qd: Array, dt: float) -> Array:
        """Return the velocity (n,) that the command asks for at the end of the period.

        A position that velocity alone would miss is approached as well; a command whose position
        is the integral of its velocity asks for just that velocity.
        """
        if command.q is None:
            return command.qd
        return np.asarray(command.qd + (command.q - q) / dt - (qd + command.qd) / 2)

    def _with_ramp(self, q: Array, qd: Array, given: Array, dt: float) -> Trajectory:
        end = q + (qd + given) * dt / 2
        times, positions, velocities = braking_ramp(end, given, self.spec.acceleration, dt)
        return Trajectory(
            np.concatenate([[0.0, dt], dt + times]),
            np.concatenate([[q, end], positions]),
            np.concatenate([[qd, given], velocities]),
        )

    def _follow_stop(
        self, causes: tuple[Cause, ...], dt: float, now: float, state: ArmState | None = None
    ) -> SafetyResult:
        assert self._in_hand is not None
        stop = self._in_hand.tail(now - self._start)
        resting = not stop.qd.any()
        status = Status.STOPPED if resting else Status.STOPPING
        return self._let_through(stop, status, causes, dt, now, state)

    def _let_through(
        self,
        stop: Trajectory,
        status: Status,
        causes: tuple[Cause, ...],
        dt: float,
        now: float,
        state: ArmState | None,
    ) -> SafetyResult:
        self._in_hand, self._start = stop, now
        segment = stop.head(dt)
        return SafetyResult(segment, stop, status, causes, self._margins(segment, state))

    def _margins(self, segment: Trajectory, state: ArmState | None) -> dict[str, float]:
        spec = self.spec
        q, qd = segment.q[-1], segment.qd[-1]
        margins = {
            "position": float(np.minimum(q - spec.soft_lower, spec.soft_upper - q).min()),
            "velocity": float((spec.soft_velocity - np.abs(qd)).min()),
        }
        if state is not None and state.q.shape == q.shape:
            error = np.abs(state.q - segment.q[0])
            margins["tracking_error"] = float((spec.tracking_error - error).min())
        return margins


