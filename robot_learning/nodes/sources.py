"""Who may command the arm, and how often: one publisher at a time, at a bounded pace."""

import math
import time
from collections.abc import Mapping
from typing import Any

from rclpy.callback_groups import CallbackGroup

from robot_learning.base.errors import StateError

UNKNOWN = "_NODE_NAME_UNKNOWN_"  # to rclpy, until discovery has told whose a topic is


class Pace(CallbackGroup):
    """Serves its subscription at most once in ``interval`` s.

    What comes meanwhile stays with the middleware, which keeps the newest as deep as the
    subscription's history: a flood costs no more than the pace.
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


class Sources:
    """Gives the arm to the publisher that commands it first, until that has been silent.

    Publishers are told apart by the identity that the middleware puts on each message. Where it
    puts none, and more than one publishes, nobody may command.

    Args:
        node: whose subscription it is.
        topic: of the commands.
    """

    def __init__(self, node: Any, topic: str) -> None:
        self._node = node
        self._topic = topic
        self._holder = b""
        self._at = -math.inf
        self._number: int | None = None
        self._missed = 0
        self._names: dict[bytes, str] = {}

    def admit(self, info: Mapping[str, Any], now: float, timeout: float) -> None:
        """Let a message pass that came with ``info`` at ``now``, s.

        Args:
            info: what the middleware tells of the message.
            now: when it came, s.
            timeout: silence after which another may take over, s.

        Raises:
            StateError: where another publisher has the arm.
        """
        told: Any = info.get("publisher_gid")
        identity = bytes(told["data"]) if told else b""
        if not identity and self._node.count_publishers(self._topic) > 1:
            raise StateError("several publishers, and this ROS 2 does not tell which one sends")
        if identity != self._holder and abs(now - self._at) <= timeout:
            first, second = self._name(self._holder), self._name(identity)
            raise StateError(f"{second} commands while {first} has the arm")
        number = info.get("publication_sequence_number")
        if identity == self._holder and number is not None and self._number is not None:
            self._missed += max(number - self._number - 1, 0)
        self._holder, self._at, self._number = identity, now, number

    def missed(self) -> int:
        """Return how many messages of the one who has the arm were overtaken since the last call.

        Zero where the middleware does not number its messages.
        """
        missed, self._missed = self._missed, 0
        return missed

    def _name(self, identity: bytes) -> str:
        if identity not in self._names:
            publishers = self._node.get_publishers_info_by_topic(self._topic)
            found = {bytes(item.endpoint_gid[: len(identity)]): item for item in publishers}
            node = found.get(identity)
            if node is None:
                return "an unknown publisher"
            self._names[identity] = f"{node.node_namespace.rstrip('/')}/{node.node_name}"
        return self._names[identity]
