"""Where frames are: those of the robot's YAML file, and those that tf2 knows."""

import importlib
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Pose
from numpy.typing import NDArray
from rclpy.time import Time as RosTime

from robot_learning.base.errors import StateError
from robot_learning.kinematics.quaternion import rotation_of
from robot_learning.nodes.clock import is_set, nanoseconds_of
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
UNIT = 1e-3  # by how much the length of a quaternion may miss 1
MOST_AGE = 0.5  # s that a transform of tf2 may be off the time that it is asked for


class Frames:
    """Poses of frames in the robot's base frame.

    The base frame and the YAML's ``frames`` are known at once. tf2 is asked for others, where
    tf2_ros is installed. The node listens to ``/tf`` from the first of them on, and not before:
    all transforms of a busy robot are a load for a node that needs none. So the first message in
    such a frame is refused, and the next one is not.

    Args:
        node: who asks.
        spec: whose base frame and fixed frames are known.
    """

    def __init__(self, node: Any, spec: RobotSpec) -> None:
        self._node, self._base = node, spec.base_link
        self._fixed = {spec.base_link: np.eye(4), **spec.frames}
        self._tf2: Any = None
        self._buffer: Any = None
        self._listener: Any = None  # that falls silent where nobody holds it

    def to_base(self, frame_id: str, stamp: float | None) -> Array:
        """Return the pose (4, 4) of a frame in the base frame, m.

        Args:
            frame_id: of a message's header.
            stamp: when, s of ROS time as in :func:`seconds_of`; None for the newest.

        Raises:
            StateError: naming the frame and what is known, where nobody tells where it is, or
                what is told is more than ``MOST_AGE`` off.
        """
        if frame_id in self._fixed:
            return self._fixed[frame_id]
        if not frame_id:
            raise StateError(f"header.frame_id is empty: {self._known()}")
        if self._buffer is None:
            self._listen(frame_id)
        found = self._look_up(frame_id, stamp)
        self._check_age(frame_id, found.header.stamp, stamp)
        return _matrix(found.transform.translation, found.transform.rotation)

    def _listen(self, frame_id: str) -> None:
        """Begin to hear tf2."""
        try:
            self._tf2 = importlib.import_module("tf2_ros")
        except ModuleNotFoundError as error:
            raise StateError(
                f"frame '{frame_id}': {self._known()}; tf2_ros, which finds others, is not "
                "installed"
            ) from error
        self._buffer = self._tf2.Buffer()
        self._listener = self._tf2.TransformListener(self._buffer, self._node)
        raise StateError(
            f"frame '{frame_id}': {self._known()}; listening to /tf for others from now on: "
            "send it again"
        )

    def _look_up(self, frame_id: str, stamp: float | None) -> Any:
        """Return the transform at ``stamp``, or the newest where tf2 has none for then."""
        newest = RosTime()
        asked = newest if stamp is None else RosTime(nanoseconds=round(stamp * 1e9))
        try:
            try:
                return self._buffer.lookup_transform(self._base, frame_id, asked)
            except self._tf2.ExtrapolationException:
                return self._buffer.lookup_transform(self._base, frame_id, newest)
        except self._tf2.TransformException as error:
            raise StateError(f"frame '{frame_id}': {self._known()}; tf2: {error}") from error

    def _check_age(self, frame_id: str, found: Time, stamp: float | None) -> None:
        if not is_set(found):
            return  # Fixed frames alone lie between the two.
        now = self._node.get_clock().now().nanoseconds * 1e-9
        off = (now if stamp is None else stamp) - nanoseconds_of(found) * 1e-9
        if abs(off) > MOST_AGE:
            how = f"{off:.3f} s old" if off > 0 else f"{-off:.3f} s ahead"
            raise StateError(
                f"frame '{frame_id}': tf2's newest transform to '{self._base}' is {how}, at most "
                f"{MOST_AGE:g} s counts"
            )

    def _known(self) -> str:
        return f"known are {', '.join(self._fixed)}"


def seconds_of(stamp: Time) -> float | None:
    """Return a header's stamp in s of ROS time; None where it holds none."""
    return nanoseconds_of(stamp) * 1e-9 if is_set(stamp) else None


def matrix_of(pose: Pose) -> Array:
    """Return a pose as a matrix (4, 4), m.

    Raises:
        StateError: where it is not finite, or its quaternion has not the length 1.
    """
    return _matrix(pose.position, pose.orientation)


def _matrix(shift: Any, turn: Any) -> Array:
    T, quaternion = np.eye(4), np.array([turn.x, turn.y, turn.z, turn.w])
    T[:3, 3] = [shift.x, shift.y, shift.z]
    if not np.isfinite(T).all() or not abs(np.linalg.norm(quaternion) - 1) < UNIT:
        raise StateError("pose: not finite, or the quaternion's length is not 1")
    T[:3, :3] = rotation_of(quaternion)
    return T
