"""The safety filter: the closest command inside the limits, with its own stop behind it."""

import math
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError
from robot_learning.base.periods import STATE_PERIODS
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import watch
from robot_learning.safety.check import MakeCheck
from robot_learning.safety.gripper import GripperRamp
from robot_learning.safety.guards import Guards
from robot_learning.safety.limits import limit_table
from robot_learning.safety.look import SAME, Look, Seen
from robot_learning.safety.motion import rooms, sample
from robot_learning.safety.qp import Cut
from robot_learning.safety.search import Found, Search
from robot_learning.safety.status import Cause, Margins, SafetyResult, Status
from robot_learning.safety.tracking import Tracking

Array = NDArray[np.float64]


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
        self._tracking_room = math.nan
        self._look = Look(spec, guards, self._tracking, self.state_timeout)
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
        watch.unusable_state(state, self.spec.n, self.state_timeout, 0.0)
        watch.within(self._same, self._same, self._same)
        rooms(self._held.q, self._held.qd, self._table)
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
        well = command is not None and watch.is_well_formed(command, self.spec.n)
        asked = command if well and self._latched is None else None
        seen = self._look(held, self._start, state, asked, dt, now)
        self._tracking_room = seen.room
        fault = watch.FAULTS[seen.fault]
        if fault is Cause.STALE_STATE and self._latched is None and not self._moves(now):
            return self._follow_stop(fault, dt, now)  # Nothing was interrupted.
        self._latched = self._latched or fault
        if self._latched is not None:
            return self._follow_stop(self._latched, dt, now)
        if command is None:
            return self._follow_stop(Cause.NO_COMMAND, dt, now)
        refused = watch.REFUSALS[seen.refused] if well else Cause.BAD_COMMAND
        if refused is not None:
            return self._follow_stop(refused, dt, now)
        found, same = self._nearest(seen, dt, now)
        if found.stop is None:
            return self._follow_stop(Cause.UNCERTIFIED, dt, now, found.causes)
        self._gripper.follow(command.opening, dt)
        if same:
            return self._let_through(found.stop, Status.OK, found.causes, dt, now)
        causes = self._search.broken(self._look.vectors[3], self._look.start(dt)) + found.causes
        return self._let_through(found.stop, Status.LIMITED, causes, dt, now)

    def _nearest(self, seen: Seen, dt: float, now: float) -> tuple[Found, bool]:
        """Return the safe motion nearest to what is asked for, and whether it is just that.

        Mostly it is the first one looked at.
        """
        asked, given = self._look.vectors[3], self._look.vectors[4]
        broken: Sequence[Cut] = ()
        if seen.knots:
            stop = self._look.motion(seen.knots)
            if self._guards is not None:
                broken = self._guards.broken(stop, given, dt, seen.examined)
            if not broken:
                return Found(stop, given, ()), seen.same
        start, end = self._look.start(dt), now + dt - self._start
        found = self._search.nearest(asked, given, broken, start, self._held, end)
        return found, watch.within(found.given, asked, self._same)

    @property
    def _held(self) -> Trajectory:
        if self._in_hand is not None:
            return self._in_hand
        raise SafetyError("the filter has no state to start from; call reset first")

    def _moves(self, now: float) -> bool:
        """Say whether the motion in hand goes on after ``now``, s."""
        return bool(self._held.tail(now - self._start).qd.any())

    def _follow_stop(
        self, cause: Cause, dt: float, now: float, causes: tuple[Cause, ...] = ()
    ) -> SafetyResult:
        stop = self._held.tail(now - self._start)
        status = Status.STOPPING if stop.qd.any() else Status.STOPPED
        return self._let_through(stop, status, (cause, *causes), dt, now)

    def _let_through(
        self, stop: Trajectory, status: Status, causes: tuple[Cause, ...], dt: float, now: float
    ) -> SafetyResult:
        self._in_hand, self._start = stop, now
        kept = dict if self._guards is None else self._guards.margins()
        margins = Margins(partial(self._margins, kept, stop, self._tracking_room))
        return SafetyResult(stop, dt, status, causes, margins, self._gripper.opening)

    def _margins(
        self, kept: Callable[[], dict[str, float]], stop: Trajectory, tracking_room: float
    ) -> dict[str, float]:
        margins = kept()
        margins["position"], margins["velocity"] = rooms(stop.q, stop.qd, self._table)
        if not math.isnan(tracking_room):
            margins["tracking_error"] = tracking_room
        return margins
