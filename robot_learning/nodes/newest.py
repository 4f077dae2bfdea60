"""The newest message of a topic, for a node that looks now and then and keeps up with any rate."""

import math
import time
from typing import Any

from rclpy.qos import QoSProfile, ReliabilityPolicy

from robot_learning.nodes.sources import Pace

# Hears reliable and best-effort publishers alike, and keeps none of them waiting.
LOOSE = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
SURE = QoSProfile(depth=1)


class Newest:
    """Keeps the newest message until its source has been silent for too long.

    Args:
        node: who listens.
        kind: type of the messages.
        topic: their topic.
        every: least time between two messages that are taken, s; those between are not read.
        silence: time after which there is none, s of steady time.
        qos: of the subscription.

    Attributes:
        at: when the newest came, s of steady time.
    """

    def __init__(
        self,
        node: Any,
        kind: Any,
        topic: str,
        every: float,
        silence: float = math.inf,
        qos: QoSProfile = LOOSE,
    ) -> None:
        self._silence = silence
        self._message: Any = None
        self.at = -math.inf
        node.create_subscription(kind, topic, self._hear, qos, callback_group=Pace(every))

    def _hear(self, message: Any) -> None:
        self._message, self.at = message, time.monotonic()

    def get(self) -> Any:
        """Return the message, or None."""
        return self._message if time.monotonic() - self.at <= self._silence else None

    def forget(self, before: float = math.inf) -> None:
        """Have none until the next one comes, where this one came ``before``, s of steady time."""
        if self.at < before:
            self._message = None
