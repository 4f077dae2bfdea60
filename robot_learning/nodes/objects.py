"""Where the objects are, as a tracker tells."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import numpy as np
from geometry_msgs.msg import Pose, PoseStamped, PoseWithCovarianceStamped
from numpy.typing import NDArray
from std_msgs.msg import Header

from robot_learning.base.errors import StateError
from robot_learning.base.types import Input
from robot_learning.nodes import messages
from robot_learning.nodes.clock import NodeTime, is_set
from robot_learning.nodes.frames import Frames, seconds_of

Array = NDArray[np.float64]
TRACKED = "policy_node/objects"  # where a tracker tells a deployed policy of the objects
OVERTAKEN = 1.0  # s; a stamp farther back is of a clock that was set back
JUMP, FASTEST = 0.05, 3.0  # m, m/s; an object that goes farther between two poses is another one


class ObjectPoses:
    """Hears ``<topics>/<name>`` of each object.

    Poses with a covariance are heard on ``<topics>/<name>_with_covariance``.

    Args:
        node: who hears.
        names: of the objects.
        clock: the node's time.
        frames: where the frames of messages are.
        deviation: returns the largest standard deviation of a position that counts, m.
        lost: called with the reason where an object is suddenly elsewhere.
        topics: what the names of the topics begin with.

    Attributes:
        positions: (3,) of each, base frame, m, and when it was there.
    """

    def __init__(
        self,
        node: Any,
        names: Iterable[str],
        clock: NodeTime,
        frames: Frames,
        deviation: Callable[[], float] = lambda: np.inf,
        lost: Callable[[str], None] = lambda why: None,
        topics: str = "~/objects",
    ) -> None:
        self._node, self._time, self._frames = node, clock, frames
        self._deviation, self._lost = deviation, lost
        self._names, self._topics = sorted(names), topics
        self.positions: dict[str, Input] = {}
        self._refused: dict[str, str] = {}
        self._heard = [
            node.create_subscription(
                kind, f"{topics}/{name}{suffix}", partial(hear, name), messages.JOINT_STATES
            )
            for name in self._names
            for kind, suffix, hear in (
                (PoseStamped, "", self._on_pose),
                (PoseWithCovarianceStamped, "_with_covariance", self._on_covariance),
            )
        ]

    def close(self) -> None:
        """Hear no more of them."""
        for subscription in self._heard:
            self._node.destroy_subscription(subscription)

    def problem(self, timeout: float) -> str:
        """Return which object is not known well enough, and why; or nothing.

        Args:
            timeout: age at which a position no longer counts, s.
        """
        for name in self._names:
            topic = self._node.resolve_topic_name(f"{self._topics}/{name}")
            if name in self._refused:
                return f"{topic}: {self._refused[name]}"
            if name not in self.positions:
                told = self._node.count_publishers(topic) or self._node.count_publishers(
                    f"{topic}_with_covariance"
                )
                return f"no usable message on {topic}" if told else f"nobody publishes {topic}"
            age = self._time.now() - self.positions[name].stamp
            if abs(age) > timeout:
                how = f"{age:.3f} s old" if age > 0 else f"{-age:.3f} s ahead of this node's clock"
                return f"{topic}: the newest pose is {how}, at most {timeout:g} s counts"
        return ""

    def _on_pose(self, name: str, message: PoseStamped) -> None:
        self._hear(name, message.header, message.pose, 0.0)

    def _on_covariance(self, name: str, message: PoseWithCovarianceStamped) -> None:
        variances = np.asarray(message.pose.covariance, dtype=np.float64)[[0, 7, 14]]
        worst = float(np.sqrt(variances.max())) if (variances >= 0).all() else np.inf
        self._hear(name, message.header, message.pose.pose, worst)

    def _hear(self, name: str, header: Header, pose: Pose, deviation: float) -> None:
        try:
            told = self._read(header, pose, deviation)
        except StateError as error:
            # The last good position ages, and past its time-out the policy does not decide.
            self._refused[name] = str(error)
            return
        self._refused.pop(name, None)
        before = self.positions.get(name)
        if before is not None and 0 < before.stamp - told.stamp <= OVERTAKEN:
            return
        self.positions[name] = told
        if before is not None and 0 <= told.stamp - before.stamp:
            gone, passed = np.linalg.norm(told.value - before.value), told.stamp - before.stamp
            if gone > JUMP + FASTEST * passed:
                self._lost(
                    f"'{name}' was suddenly {gone:.2f} m away, {passed:.3f} s later: the tracker "
                    "has lost it, or takes another one for it"
                )

    def _read(self, header: Header, pose: Pose, deviation: float) -> Input:
        """Return the position in the base frame.

        Raises:
            StateError: where a message is not usable.
        """
        if not is_set(header.stamp):
            raise StateError("the pose has no stamp")
        if deviation > self._deviation():
            raise StateError(
                f"covariance: a standard deviation of {deviation:.4f} m; at most "
                f"{self._deviation():g} m counts (object_deviation)"
            )
        point = np.array([pose.position.x, pose.position.y, pose.position.z, 1.0])
        if not np.isfinite(point).all():
            raise StateError(f"the position is not finite: {point[:3]}")
        T = self._frames.to_base(header.frame_id, seconds_of(header.stamp))
        return Input((T @ point)[:3], self._time.seconds(header.stamp))
