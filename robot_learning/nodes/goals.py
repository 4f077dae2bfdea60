"""Goals of a policy as they are told, and how the one at hand ends."""

from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from numpy.typing import NDArray
from std_srvs.srv import Trigger

from robot_learning.base.errors import GoalError, StateError
from robot_learning.base.periods import COMMAND_PERIODS, STREAM_PERIODS
from robot_learning.base.types import Input
from robot_learning.kinematics.quaternion import rotation_of
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.frames import Frames, seconds_of
from robot_learning.nodes.parameters import PolicyTimes
from robot_learning.policy import PolicyRunner
from robot_learning.policy.goals import check_goal
from robot_learning.policy.terms import GOALS

Array = NDArray[np.float64]
ROTATION = "goal_rotation"  # told by the orientation of the goal's own message
UNIT = 1e-2  # by which the length of a quaternion may differ from 1


class Outcome(str, Enum):
    """How a goal ended; the reason code of ``~/status``."""

    REACHED = "reached"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    OBJECT_LOST = "object_lost"


class Goals:
    """Hears ``~/goal``, and ``~/stack_goal`` where the policy needs it; offers ``~/cancel``.

    A goal ends when it has been reached for the settle time, when its time is over, when it is
    cancelled or followed by one that is refused. A goal that follows another within
    ``STREAM_PERIODS`` is one of a stream, which is one episode: what it was before tells how
    fast it moves. A stream does not end while it goes on.

    Args:
        node: who hears.
        runner: of the policy.
        clock: the node's time.
        frames: where the frames of messages are.
        times: what ends a goal.
        report: called when a goal begins or ends.

    Attributes:
        inputs: of the goal at hand, base frame; empty where there is none.
        outcome: of the last one; None while there is one, and before the first.
        reason: the same in words.
    """

    def __init__(
        self,
        node: Any,
        runner: PolicyRunner,
        clock: NodeTime,
        frames: Frames,
        times: PolicyTimes,
        report: Callable[[], None],
    ) -> None:
        self._node, self._runner, self._time, self._frames = node, runner, clock, frames
        self._times, self._report = times, report
        self._names = [name for name in GOALS if name in runner.needs and name != ROTATION]
        self.inputs: dict[str, Input] = {}
        self.outcome: Outcome | None = None
        self.reason = ""
        self._told_at = -np.inf
        self._inside: float | None = None
        self._decided_at = -np.inf
        self._heard = [
            node.create_subscription(PoseStamped, f"~/{name}", partial(self._on_goal, name), 10)
            for name in self._names
        ]
        self._cancel = node.create_service(Trigger, "~/cancel", self._on_cancel)

    def close(self) -> None:
        """Hear no more of them."""
        for subscription in self._heard:
            self._node.destroy_subscription(subscription)
        self._node.destroy_service(self._cancel)

    @property
    def missing(self) -> list[str]:
        """Topics of the parts of a goal that nobody told yet."""
        untold = [name for name in self._names if name not in self.inputs]
        return [str(self._node.resolve_topic_name(f"~/{name}")) for name in untold]

    def follow(self, distance: float, now: float) -> None:
        """Hear of a decision with the goal ``distance`` m away; end it where it stayed near."""
        self._decided_at = now
        if distance > self._runner.interface.tolerance:
            self._inside = None
        elif self._inside is None:
            self._inside = now
        settle = self._times.settle(self._runner.spec.policy_period)
        if self._inside is not None and now - self._inside >= settle and not self._streams(now):
            self.end(Outcome.REACHED, f"it stayed within {distance * 1e3:.1f} mm")

    def check_time(self, distance: float, limits: str) -> None:
        """End a goal that takes too long: ``distance`` m are left, and ``limits`` are active."""
        timeout = self._times.timeout(self._runner)
        if not self.inputs or not timeout or self._time.now() - self._told_at <= timeout:
            return
        words = [f"not reached within {timeout:.1f} s"]
        if np.isfinite(distance):
            words.append(f"{distance * 1e3:.1f} mm are left")
        if self.missing:
            words.append(f"nothing came on {', '.join(self.missing)}")
        if limits:
            words.append(f"the safety node limits: {limits}")
        self.end(Outcome.TIMED_OUT, "; ".join(words))

    def end(self, outcome: Outcome, reason: str) -> None:
        """Pursue the goal no longer."""
        self.inputs, self._told_at, self._inside = {}, -np.inf, None
        self.outcome, self.reason = outcome, reason
        self._report()

    def _streams(self, now: float) -> bool:
        limit = STREAM_PERIODS * self._runner.spec.policy_period
        return bool(0 <= now - self._told_at <= limit)

    def _decided(self, now: float) -> bool:
        """Say whether the arm still does what the policy asked for last."""
        limit = COMMAND_PERIODS * self._runner.spec.policy_period
        return bool(0 <= now - self._decided_at <= limit)

    def _on_goal(self, name: str, message: PoseStamped) -> None:
        now = self._time.now()
        streams = name in self.inputs and self._streams(now)
        try:
            told = self._told(name, message)
            runner = self._runner
            check_goal(runner.bundle, runner.model, told, reach=not streams)
        except (GoalError, StateError) as error:
            self.end(Outcome.REFUSED, str(error))
            return
        if not streams:
            self._runner.reset(moving=self._decided(now))
        self.inputs |= {key: Input(value, now) for key, value in told.items()}
        self._told_at, self._inside = now, None
        self.outcome, self.reason = None, ""
        if not streams:
            self._report()

    def _told(self, name: str, message: PoseStamped) -> dict[str, Array]:
        """Return the inputs that a message tells, in the base frame."""
        point, turn = message.pose.position, message.pose.orientation
        T = self._frames.to_base(message.header.frame_id, seconds_of(message.header.stamp))
        told = {name: np.asarray((T @ [point.x, point.y, point.z, 1.0])[:3])}
        if name == "goal" and ROTATION in self._runner.needs:
            quaternion = np.array([turn.x, turn.y, turn.z, turn.w])
            if not abs(np.linalg.norm(quaternion) - 1.0) <= UNIT:
                raise GoalError(f"the goal's orientation {quaternion} is no unit quaternion")
            told[ROTATION] = T[:3, :3] @ rotation_of(quaternion)
        return told

    def _on_cancel(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success = bool(self.inputs)
        response.message = "cancelled" if self.inputs else "there is no goal"
        if self.inputs:
            self.end(Outcome.CANCELLED, "~/cancel was called")
        return response
