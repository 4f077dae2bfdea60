"""The safety filter: the closest command inside the limits, with its own stop behind it."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError
from robot_learning.base.periods import STATE_PERIODS
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.kinematics.differential import approach
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import watch
from robot_learning.safety.check import MakeCheck
from robot_learning.safety.gripper import GripperRamp
from robot_learning.safety.guards import Guards
from robot_learning.safety.limits import limit_table
from robot_learning.safety.motion import reference, rooms, sample
from robot_learning.safety.qp import Cut
from robot_learning.safety.search import Search, Start
from robot_learning.safety.status import Cause, SafetyResult, Status
from robot_learning.safety.tracking import Tracking

Array = NDArray[np.float64]
SAME = 1e-9  # rad/s or m/s; closer to what was asked is what was asked


def no_check(motion: Trajectory, given: Array, dt: float) -> Sequence[Cut]:
    """Keep nothing but the joint limits."""
    return ()


class SafetyFilter:
    """Turns any command into one that keeps the limits of ``spec`` for ever.

    The reference is the trajectory last let through, never the measured state. A period without
    a usable command follows the stop that came with the last one. Latching causes keep the arm
    stopped until :meth:`resume`. A measured state that goes stale latches where it interrupts a
    motion; an arm at rest stays there until a fresh one comes.

    Args:
        spec: the robot.
        state_timeout: age at which a measured state no longer counts, s; None: five control
            periods.
        reduced_speed: keep the tip below the reduced speed.
        limits_only: keep the joint limits alone, without collisions, zones, tip speed and
            singularities; for measuring what those cost, and for arms without geometry.
        checks: what makes further constraints of yours from the arm's bodies; they come on top
            of the filter's own and take none away.

    Raises:
        SafetyError: where further constraints are asked for with ``limits_only``.
    """

    def __init__(
        self,
        spec: RobotSpec,
        *,
        state_timeout: float | None = None,
        reduced_speed: bool = False,
        limits_only: bool = False,
        checks: Sequence[MakeCheck] = (),
    ) -> None:
        if limits_only and checks:
            raise SafetyError("a filter of the joint limits alone takes no further checks")
        self.spec = spec
        self.state_timeout = state_timeout or STATE_PERIODS * spec.control_period
        guards = None if limits_only else Guards(spec, reduced_speed=reduced_speed, checks=checks)
        self._guards = guards
        self._search = Search(spec, no_check if self._guards is None else self._guards.check)
        self._gripper = GripperRamp(spec.gripper)
        self._tracking = Tracking(spec)
        self._tracking_room: float | None = None
        self._same = np.full(spec.n, SAME)
        self._table = limit_table(spec)
        self._latched: Cause | None = None
        self._in_hand: Trajectory | None = None
        self._start = -math.inf
        self._compile()

    def _compile(self) -> None:
        """Run every compiled function once, so that no tick has to wait for the compiler."""
        self.reset(self.spec.home, 0.0)
        state = ArmState(*self.reference(0.0), 0.0)
        for asked in (0.1, 5.0):
            qd = asked * self.spec.velocity
            both = JointCommand(qd, self.spec.home)
            shaped = JointCommand(qd, acceleration=self.spec.acceleration)
            for command in (JointCommand(qd), both, shaped, None):
                self.apply(command, state, self.spec.control_period, 0.0)
        if self._guards is not None:
            self._guards.compile(self._held, self.spec.control_period)
        self._in_hand, self._start = None, -math.inf

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The moving links without collision geometry, which nothing keeps off anything."""
        return self.spec.joints if self._guards is None else self._guards.unchecked

    @property
    def guards(self) -> Guards | None:
        """The constraints besides the joint limits; None where there are only those."""
        return self._guards

    @property
    def latched(self) -> Cause | None:
        """The cause of the stop that waits for :meth:`resume`, or None."""
        return self._latched

    @property
    def delay(self) -> float:
        """By how much the arm follows late, as measured, s."""
        return self._tracking.delay

    def is_free(self, q: Array) -> bool:
        """Say whether the arm at ``q`` (n,) keeps all its margins."""
        return self._guards is None or self._guards.is_free(q)

    @property
    def reduced_speed(self) -> bool:
        """Whether the tip is kept below the reduced speed; may be switched while it moves."""
        return self._guards is not None and self._guards.reduced_speed

    @reduced_speed.setter
    def reduced_speed(self, on: bool) -> None:
        if self._guards is None:
            raise SafetyError("a filter of the joint limits alone has no reduced speed")
        self._guards.reduced_speed = on

    def reset(self, q: Array, now: float, opening: float | None = None) -> None:
        """Start from rest at ``q`` (n,) at time ``now``, s. Clears a latched stop.

        The gripper is at ``opening``, in [0, 1]; None keeps where it was sent last.

        Raises:
            SafetyError: where ``q`` is not n finite numbers, or the arm touches something there.
        """
        q = np.array(q, dtype=np.float64)
        if q.shape != (self.spec.n,) or not np.isfinite(q).all():
            raise SafetyError(f"the filter can't start at {q}: expected {self.spec.n} numbers")
        if self._guards is not None:
            self._guards.refuse_contact(q)
            self._guards.forget()
        self._in_hand = Trajectory.rest(q)
        self._start = now
        self._tracking.reset(q, now)
        self._latched = None
        self._gripper.opening = self._gripper.opening if opening is None else opening

    def reference(self, now: float) -> tuple[Array, Array]:
        """Return commanded positions and velocities (n,) at time ``now``, s."""
        return sample(self._held.times, self._held.q, self._held.qd, now - self._start)

    def set_scene(self, solids: Sequence[Solid], now: float) -> None:
        """Replace what stands around the arm; the floor and the zones stay.

        The arm stops, and the stop latches, where something new is nearer than the margin to it
        or to the stop in hand.

        Raises:
            SafetyError: where a solid can't be used; the scene stays as it was.
        """
        if self._guards is None:
            raise SafetyError("a filter of the joint limits alone has no scene")
        gone = max(now - self._start, 0.0)
        motion = None if self._in_hand is None else self._in_hand.tail(gone)
        if self._guards.set_scene(solids, motion):
            self._latched = self._latched or Cause.INTRUSION

    def request_stop(self, cause: Cause = Cause.STOP_REQUESTED) -> None:
        """Stop the arm and keep it stopped until :meth:`resume`."""
        self._latched = self._latched or cause

    def move_clock(self, seconds: float) -> None:
        """Go on with the motion in hand after the clock was set by ``seconds``."""
        self._start += seconds
        self._tracking.move_clock(seconds)

    def resume(self, state: ArmState | None, now: float) -> None:
        """Release a latched stop and start from rest where the arm is.

        Raises:
            SafetyError: while the arm moves or the cause of the stop stands.
        """
        cause = watch.unusable_state(state, self.spec.n, self.state_timeout, now)
        if cause is not None or state is None:
            words = watch.why_unusable(state, cause or Cause.STALE_STATE, self.state_timeout, now)
            raise SafetyError(f"resume refused: {words}")
        if self._in_hand is not None and self.reference(now)[1].any():
            raise SafetyError("resume refused: the arm is still braking")
        if self._latched is Cause.INTRUSION and self._guards is not None:
            self._guards.refuse_intrusion(state.q)
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
        held = self._held
        if not (math.isfinite(now) and now >= self._start):
            return self._follow_stop(Cause.BAD_PERIOD, self.spec.control_period, self._start)
        if not (math.isfinite(dt) and dt > 0):
            return self._follow_stop(Cause.BAD_PERIOD, self.spec.control_period, now)
        wanted = reference(held.times, held.q, held.qd, now - self._start)
        q, qd, qdd = wanted[0], wanted[1], wanted[2]  # To unpack it whole takes 1 µs longer.
        self._tracking.follow(held, self._start, now)
        self._tracking_room = None
        fault = self._fault(state, now)
        if fault is Cause.STALE_STATE and self._latched is None and not self._moves(now):
            return self._follow_stop(fault, dt, now)  # Nothing was interrupted.
        self._latched = self._latched or fault
        if self._latched is not None:
            return self._follow_stop(self._latched, dt, now)
        if command is None:
            return self._follow_stop(Cause.NO_COMMAND, dt, now)
        refused = watch.unusable_command(command, q, self.spec.velocity)
        if refused is not None:
            return self._follow_stop(refused, dt, now)
        asked = self._asked_velocity(command, q, qd, dt)
        start = Start(q, qd, qdd, dt)
        found = self._search.nearest(asked, start, held, now + dt - self._start)
        if found.stop is None:
            return self._follow_stop(Cause.UNCERTIFIED, dt, now, found.causes)
        self._gripper.follow(command.opening, dt)
        causes, status = found.causes, Status.OK
        if not watch.within(found.given, asked, self._same):
            causes = self._search.broken(asked, start) + causes
            status = Status.LIMITED
        return self._let_through(found.stop, status, causes, dt, now)

    @property
    def _held(self) -> Trajectory:
        if self._in_hand is not None:
            return self._in_hand
        raise SafetyError("the filter has no state to start from; call reset first")

    def _moves(self, now: float) -> bool:
        """Say whether the motion in hand goes on after ``now``, s."""
        return bool(self._held.tail(now - self._start).qd.any())

    def _fault(self, state: ArmState | None, now: float) -> Cause | None:
        """Return the latching cause that the measured state gives, or None."""
        unusable = watch.unusable_state(state, self.spec.n, self.state_timeout, now)
        if unusable is not None or state is None:
            return unusable
        self._tracking_room = self._tracking.room(state.q, state.stamp)
        return None if self._tracking_room >= 0.0 else Cause.TRACKING_ERROR

    def _asked_velocity(self, command: JointCommand, q: Array, qd: Array, dt: float) -> Array:
        """Return the velocity (n,) that the command asks for at the end of the period.

        A position that velocity alone would miss is approached as well; a command whose position
        is the integral of its velocity asks for just that velocity. On the way to it all joints
        change speed in proportion, none faster than the command's acceleration.
        """
        asked = command.qd
        if command.q is not None:
            asked = command.qd + (command.q - q) / dt - (qd + command.qd) / 2
        if command.acceleration is None:
            return asked
        return approach(qd, asked - qd, command.acceleration, dt)

    def _follow_stop(
        self,
        cause: Cause,
        dt: float,
        now: float,
        causes: tuple[Cause, ...] = (),
    ) -> SafetyResult:
        stop = self._held.tail(now - self._start)
        status = Status.STOPPING if stop.qd.any() else Status.STOPPED
        return self._let_through(stop, status, (cause, *causes), dt, now)

    def _let_through(
        self,
        stop: Trajectory,
        status: Status,
        causes: tuple[Cause, ...],
        dt: float,
        now: float,
    ) -> SafetyResult:
        self._in_hand, self._start = stop, now
        margins = {} if self._guards is None else self._guards.margins()
        margins["position"], margins["velocity"] = rooms(stop.q, stop.qd, self._table)
        if self._tracking_room is not None:
            margins["tracking_error"] = self._tracking_room
        return SafetyResult(stop, dt, status, causes, margins, self._gripper.opening)
