"""A bag of a deployed session, in MCAP or SQLite, as episodes: one a goal."""

from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rosbags.highlevel import AnyReader, AnyReaderError
from rosbags.typesys import Stores, get_typestore
from scipy.spatial.transform import Rotation

from robot_learning.base.errors import DatasetError
from robot_learning.base.periods import STATE_PERIODS
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
ACTION, JOINTS, STATUS = "policy_node/action", "joint_states", "policy_node/status"
SAFETY = "safety_node/status"
# Where inputs are told; the position of the goal comes with each action.
GOALS = {"goal_rotation": "policy_node/goal", "stack_goal": "policy_node/stack_goal"}
EXCESS = (0, 4, 8)  # bytes
OBJECTS = ("policy_node/objects", "sim_node/objects")


@dataclass
class Track:
    """Values of one topic with their times, ns, oldest first."""

    times: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def add(self, time: int, value: Any) -> None:
        """Keep one more; what comes late goes to its place."""
        at = bisect_right(self.times, time)
        self.times.insert(at, time)
        self.values.insert(at, value)

    def at(self, time: int) -> tuple[int, Any] | None:
        """Return the newest that is not after a time; None before the first."""
        at = bisect_right(self.times, time) - 1
        return None if at < 0 else (self.times[at], self.values[at])

    def after(self, time: int) -> tuple[int, Any] | None:
        """Return the first that is not before a time; None behind the last."""
        at = bisect_right(self.times, time - 1)
        return None if at >= len(self.times) else (self.times[at], self.values[at])


@dataclass
class Session:
    """What a bag tells of a policy at work.

    Attributes:
        file: the bag.
        decisions: ``action``, ``goal`` and so on by the stamp of the joint state they answer.
        joints: name to position and velocity by stamp.
        objects: pose (7,) of each object by stamp, base frame.
        goals: pose (7,) that tells each input of ``GOALS``, by the time it was recorded.
        delays: of the arm, s, by the time they were recorded.
    """

    file: Path
    decisions: Track = field(default_factory=Track)
    joints: Track = field(default_factory=Track)
    objects: dict[str, Track] = field(default_factory=dict)
    goals: dict[str, Track] = field(default_factory=dict)
    delays: Track = field(default_factory=Track)


def read(path: Path, bundle: PolicyBundle, spec: RobotSpec) -> Session:
    """Read the bag of a session of a policy.

    Raises:
        DatasetError: naming the bag, and the topic or the frame that is wrong.
    """
    try:
        with AnyReader([path], default_typestore=get_typestore(Stores.ROS2_JAZZY)) as reader:
            return _read(path, reader, bundle, spec)
    except (AnyReaderError, OSError, ValueError) as error:
        said = " ".join(str(error).split())
        raise DatasetError(
            f"{path}: no bag that can be read: {said}; expected the folder that 'ros2 bag record' "
            "made"
        ) from error


def _read(path: Path, reader: AnyReader, bundle: PolicyBundle, spec: RobotSpec) -> Session:
    topics = {connection.topic for connection in reader.connections}
    found = [topic for topic in topics if topic.endswith(f"/{ACTION}")]
    if len(found) != 1:
        raise DatasetError(
            f"{path}: {len(found)} topics {ACTION}, expected one; record it with: ros2 bag record "
            "/joint_states /policy_node/action /policy_node/goal /policy_node/status "
            "/safety_node/status and the objects"
        )
    prefix = found[0].removesuffix(ACTION)
    session = Session(path)
    heard = _Heard(session, bundle, spec, prefix)
    for connection, time, raw in reader.messages():
        if connection.topic.startswith(prefix):
            name = connection.topic.removeprefix(prefix)
            if heard.wants(name):
                heard.hear(name, time, _message(reader, raw, connection.msgtype))
    if not session.joints.times:
        raise DatasetError(f"{path}: {prefix}{JOINTS}: no message with all joints of {spec.path}")
    for name in bundle.interface.objects:
        if name not in session.objects:
            where = " or ".join(f"{prefix}{each}/{name}" for each in OBJECTS)
            raise DatasetError(f"{path}: no message on {where}, which the policy is told")
    return session


def _message(reader: AnyReader, raw: bytes, kind: str) -> Any:
    """Return a message; Python's nodes may leave some bytes too many behind one."""
    for excess in EXCESS[:-1]:
        try:
            return reader.deserialize(raw[: len(raw) - excess], kind)
        except AnyReaderError:
            continue
    return reader.deserialize(raw[: len(raw) - EXCESS[-1]], kind)


class _Heard:
    """Sorts the messages of a bag."""

    def __init__(
        self, session: Session, bundle: PolicyBundle, spec: RobotSpec, prefix: str
    ) -> None:
        self._session, self._bundle, self._spec, self._prefix = session, bundle, spec, prefix
        self._objects = {
            f"{each}/{name}": name for each in OBJECTS for name in bundle.interface.objects
        }
        self._goals = {t: name for name, t in GOALS.items() if name in bundle.interface.needs}

    def wants(self, topic: str) -> bool:
        """Say whether a topic tells anything."""
        own = (ACTION, JOINTS, STATUS, SAFETY)
        return topic in own or topic in self._objects or topic in self._goals

    def hear(self, topic: str, time: int, message: Any) -> None:
        """Keep what a message says."""
        session = self._session
        if topic == ACTION:
            stamp, parts = _parts(message)
            session.decisions.add(stamp, {**parts, "recorded": time})
        elif topic == JOINTS:
            self._hear_joints(message)
        elif topic == STATUS:
            self._check_bundle(message)
        elif topic == SAFETY:
            values = {item.key: item.value for item in message.values}
            session.delays.add(time, float(values.get("delay") or 0.0))
        elif topic in self._goals:
            track = session.goals.setdefault(self._goals[topic], Track())
            track.add(time, self._pose(topic, message))
        else:
            track = session.objects.setdefault(self._objects[topic], Track())
            track.add(_stamp(message), self._pose(topic, message))

    def _hear_joints(self, message: Any) -> None:
        names = list(message.name)
        if not set(self._spec.joints) <= set(names):
            return  # of a gripper of its own, say
        speeds = message.velocity if len(message.velocity) else np.full(len(names), np.nan)
        told = dict(zip(names, zip(message.position, speeds, strict=True), strict=True))
        self._session.joints.add(_stamp(message), told)

    def _check_bundle(self, message: Any) -> None:
        values = {item.key: item.value for item in message.values}
        bundle = self._bundle
        if values.get("hash", bundle.hash) != bundle.hash:
            raise DatasetError(
                f"{self._session.file}: {self._prefix}{STATUS}: bundle {values.get('bundle')} "
                f"({values['hash'][:12]}) was at work, not {bundle.name} ({bundle.hash[:12]})"
            )

    def _pose(self, topic: str, message: Any) -> Array:
        """Return a pose (7,) in the base frame: m, and quaternion x, y, z, w."""
        frame, spec = message.header.frame_id, self._spec
        known = {spec.base_link: np.eye(4), **spec.frames}
        if frame not in known:
            raise DatasetError(
                f"{self._session.file}: {self._prefix}{topic}: frame '{frame}': known are "
                f"{', '.join(known)}; give it under 'frames:' in {spec.path}"
            )
        point, turn = message.pose.position, message.pose.orientation
        T = known[frame]
        R = Rotation.from_matrix(T[:3, :3]) * Rotation.from_quat([turn.x, turn.y, turn.z, turn.w])
        position = (T @ [point.x, point.y, point.z, 1.0])[:3]
        return np.concatenate([position, R.as_quat()])


def state_at(session: Session, spec: RobotSpec, time: int) -> tuple[int, dict[str, Any]] | None:
    """Return the joint state that a decision answers; None where it was not recorded."""
    found = session.joints.at(time)
    if found is None or time - found[0] > STATE_PERIODS * spec.control_period * 1e9:
        return None
    return found


def _parts(message: Any) -> tuple[int, dict[str, Array]]:
    """Return the stamp, ns, and the parts of a labelled array by label."""
    sizes = [dimension.size for dimension in message.layout.dim]
    labels = [dimension.label for dimension in message.layout.dim]
    values = np.split(np.asarray(message.data, dtype=np.float64), np.cumsum(sizes)[:-1])
    parts = dict(zip(labels, values, strict=True))
    return int(parts["stamp.sec"][0]) * 10**9 + int(parts["stamp.nanosec"][0]), parts


def _stamp(message: Any) -> int:
    stamp = message.header.stamp
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)
