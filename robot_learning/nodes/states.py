"""The state of an arm, put together from whatever arrives on ``joint_states``."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from robot_learning.base.errors import StateError
from robot_learning.base.types import ArmState
from robot_learning.nodes.clock import NodeTime, is_set
from robot_learning.nodes.gripper import GripperState
from robot_learning.robot import RobotSpec
from robot_learning.robot.urdf import Urdf

Array = NDArray[np.float64]
TOPIC = "joint_states"
MOST_NAMES = 12  # that a complaint lists
AGES = 500  # ages that are remembered
MOST_UNREAD = 200  # messages that are kept until they are read
MOST_LAYOUTS = 32  # lists of names that are remembered
FAR = 1e6  # s; a clock that is farther off counts from another start


class JointStates:
    """Takes joint states of any number of publishers, each with any of the arm's joints.

    Each joint has its newest value; the state is as old as the oldest of them. Messages without
    a joint of the arm are passed over. Velocities that are left out or not a number are the
    change of position over the time between two stamps. A continuous joint that is reported in
    (-pi, pi] is counted on over its turns.

    Args:
        node: who listens.
        spec: the robot.
        clock: the node's time.

    Attributes:
        newest: state, or None.
        refused: what was wrong with the message that came last; empty for nothing.
        ages: from stamp to receipt, of the states that came last, s.
    """

    def __init__(self, node: Any, spec: RobotSpec, clock: NodeTime) -> None:
        self._node, self._spec, self._clock = node, spec, clock
        self._turning = _continuous(spec)
        self._layouts: dict[tuple[str, ...], tuple[list[int], list[int]]] = {}
        self._names: dict[str, None] = {}
        self._unread: dict[Any, tuple[JointState, float]] = {}
        self._estimates = False
        self.refused = ""
        self.ages: deque[float] = deque(maxlen=AGES)
        self.forget()

    def forget(self) -> None:
        """Know nothing of where the arm is."""
        n = self._spec.n
        self._q, self._qd = np.full(n, np.nan), np.full(n, np.nan)
        self._stamps = np.full(n, -np.inf)
        self.newest: ArmState | None = None

    def keep(self, message: JointState) -> None:
        """Keep a message for :meth:`read`.

        Of messages with the same names the newest will do: a driver tells more often than a node
        needs to know. Where velocities are left out, each stamp counts. The oldest go where many
        are kept, so that a node that is not asked to read holds no more of them.
        """
        kind, stamp = tuple(message.name), message.header.stamp
        key = kind if len(message.velocity) else (kind, stamp.sec, stamp.nanosec)
        self._unread[key] = message, self._clock.now()
        if len(self._unread) > MOST_UNREAD:
            del self._unread[next(iter(self._unread))]

    def read(
        self,
        timeout: float,
        gripper: GripperState | None = None,
        refuse: Callable[[str], None] = lambda why: None,
    ) -> Iterator[tuple[ArmState | None, JointState]]:
        """Take what was kept; yield each message with the state where it brought a newer one.

        Args:
            timeout: see :meth:`hear`.
            gripper: hears them as well.
            refuse: hears why a message can't be used; it is not yielded.
        """
        kept, self._unread = self._unread, {}
        for message, at in kept.values():
            try:
                state = self.hear(message, timeout, at)
            except StateError as error:
                refuse(str(error))
                continue
            if gripper is not None:
                gripper.hear(message)
            yield state, message

    def hear(
        self, message: JointState, timeout: float, at: float | None = None
    ) -> ArmState | None:
        """Take a message and return the state where it is a newer one.

        Args:
            message: with joints of the arm or without.
            timeout: age at which a joint's value no longer counts, s.
            at: when it came, s; None for now.

        Raises:
            StateError: where a joint is named twice, or a value is missing or not finite.
        """
        here, there = self._places(tuple(message.name))
        if not here:
            return None
        stamp = self._clock.seconds(message.header.stamp)
        ahead = float(self._stamps[there].max()) - stamp
        # Farther ahead is no message that was overtaken: the clock was set back.
        if 0 <= ahead <= timeout:
            return None
        try:
            self._take(message, here, there, stamp, timeout)
        except StateError as error:
            self.refused = str(error)
            raise
        self.refused = ""
        return self._newer(timeout, self._clock.now() if at is None else at)

    def _places(self, names: tuple[str, ...]) -> tuple[list[int], list[int]]:
        """Return where in a message joints of the arm stand, and where in the arm."""
        if names not in self._layouts:
            if len(self._layouts) == MOST_LAYOUTS:
                self._layouts.clear()
            joints = self._spec.joints
            here = [i for i, name in enumerate(names) if name in joints]
            self._layouts[names] = here, [joints.index(names[i]) for i in here]
            self._names |= dict.fromkeys(names)
        return self._layouts[names]

    def _take(
        self, message: JointState, here: list[int], there: list[int], stamp: float, timeout: float
    ) -> None:
        if len(set(there)) < len(there):
            twice = next(name for name in message.name if message.name.count(name) > 1)
            raise StateError(f"joint '{twice}' is named twice")
        if not is_set(message.header.stamp):
            raise StateError("the joint state has no stamp")
        q = _values(message.position, message.name, here, "position")
        if not np.isfinite(q).all():
            raise StateError(f"position is not finite: {q}")
        if len(message.velocity):
            qd = _values(message.velocity, message.name, here, "velocity")
        else:
            qd = np.full(len(here), np.nan)
        if np.isinf(qd).any():
            raise StateError(f"velocity is not finite: {qd}")
        q = self._unwrapped(q, there)
        self._estimate(qd, q, there, stamp, timeout)
        self._q[there], self._qd[there], self._stamps[there] = q, qd, stamp

    def _unwrapped(self, q: Array, there: list[int]) -> Array:
        """Return positions with continuous joints near where they were, or inside the limits."""
        for k, joint in enumerate(there):
            if self._turning[joint]:
                before = self._q[joint]
                if not np.isfinite(before):
                    low, high = self._spec.lower[joint], self._spec.upper[joint]
                    before = q[k] if low <= q[k] <= high else (low + high) / 2
                q[k] += 2 * math.pi * round((before - q[k]) / (2 * math.pi))
        return q

    def _estimate(
        self, qd: Array, q: Array, there: list[int], stamp: float, timeout: float
    ) -> None:
        """Fill in the velocities that are not told."""
        untold = np.isnan(qd)
        if not untold.any():
            return
        passed = stamp - self._stamps[there]
        known = untold & (passed > 0) & (passed <= timeout)
        qd[known] = (q[known] - self._q[there][known]) / passed[known]
        if not self._estimates:
            self._estimates = True
            joints = ", ".join(self._spec.joints[there[k]] for k in np.flatnonzero(untold))
            self._node.get_logger().warning(
                f"{self._topic()} tells no velocity of {joints}: taken from positions and stamps"
            )

    def _newer(self, timeout: float, at: float) -> ArmState | None:
        oldest = float(self._stamps.min())
        if not np.isfinite(self._qd).all():
            return None
        if self.newest is not None and 0 <= self.newest.stamp - oldest <= timeout:
            return None
        self.newest = ArmState(self._q, self._qd, oldest)
        self.ages.append(at - oldest)
        return self.newest

    def _topic(self) -> str:
        return str(self._node.resolve_topic_name(TOPIC))

    def problem(self, timeout: float) -> str:
        """Return why there is no state to work with, or nothing.

        Args:
            timeout: age at which a state no longer counts, s.
        """
        topic = self._topic()
        if not self._clock.told:
            return "no time: use_sim_time is set and nothing came on /clock"
        if self.refused:
            return f"{topic}: {self.refused}"
        if not self._names:
            if self._layouts:
                return f"{topic} names no joint"
            publishers = self._node.count_publishers(TOPIC)
            return f"no message on {topic}" if publishers else f"nobody publishes {topic}"
        unheard = [
            joint
            for joint, stamp in zip(self._spec.joints, self._stamps, strict=True)
            if stamp == -np.inf
        ]
        if unheard:
            return (
                f"{topic} tells nothing of {_listed(unheard)}; it tells of {_listed(self._names)}"
            )
        return self._age_problem(topic, timeout)

    def _age_problem(self, topic: str, timeout: float) -> str:
        age = self._clock.now() - self._stamps
        worst = float(age[np.argmax(np.abs(age))])
        if abs(worst) <= timeout:
            return "" if self.newest is not None else f"{topic}: no velocity is known yet"
        of = [self._spec.joints[k] for k in np.flatnonzero(np.abs(age) > timeout)]
        whose = "" if len(of) == self._spec.n else f" of {_listed(of)}"
        if abs(worst) > FAR:
            return (
                f"{topic}: the stamps{whose} are of another clock than this node's: is "
                "use_sim_time the same for both?"
            )
        how = f"{worst:.3f} s old" if worst > 0 else f"{-worst:.3f} s ahead of this node's clock"
        return f"{topic}: the newest state{whose} is {how}, at most {timeout:g} s counts"


def _continuous(spec: RobotSpec) -> list[bool]:
    joints = Urdf.load(spec.urdf, named_by=spec.path).joints
    return [joints[name].type == "continuous" for name in spec.joints]


def _values(values: Sequence[float], names: Sequence[str], here: list[int], what: str) -> Array:
    if len(values) != len(names):
        raise StateError(f"{len(values)} values of {what} for {len(names)} names")
    return np.asarray(values, dtype=np.float64)[here]


def _listed(names: Any) -> str:
    names = list(names)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return (", ".join(names[:MOST_NAMES]) or "no joint") + more
