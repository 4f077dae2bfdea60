"""The newest message of a topic, for a node that looks now and then and keeps up with any rate."""

import math
import time
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.qos import QoSProfile, ReliabilityPolicy

# Hears reliable and best-effort publishers alike, and keeps none of them waiting.
LOOSE = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
SURE = QoSProfile(depth=1)


class ThrottledGroup(CallbackGroup):
    """Serves its subscription at most once in ``interval`` s.

    What comes meanwhile stays with the middleware, which keeps the newest as deep as the
    subscription's history: a flood costs no more than that.
    """

    def __init__(self, interval: float) -> None:
        super().__init__()
        self._interval = interval
        self._free_at = -math.inf

    def can_execute(self, entity: Any) -> bool:
        """Tell the executor whether to look for a message."""
        return time.monotonic() >= self._free_at

    def beginning_execution(self, entity: Any) -> bool:
        """Count the interval from here."""
        self._free_at = time.monotonic() + self._interval
        return True

    def ending_execution(self, entity: Any) -> None:
        """Nothing to give back."""


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
        node.create_subscription(
            kind, topic, self._hear, qos, callback_group=ThrottledGroup(every)
        )

    def _hear(self, message: Any) -> None:
        self._message, self.at = message, time.monotonic()

    def get(self) -> Any:
        """Return the message, or None."""
        return self._message if time.monotonic() - self.at <= self._silence else None

    def forget(self, before: float = math.inf) -> None:
        """Have none until the next one comes, where this one came ``before``, s of steady time."""
        if self.at < before:
            self._message = None
