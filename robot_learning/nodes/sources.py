"""Who may command the arm, and how often: one publisher at a time, at a bounded pace."""

import inspect
import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from robot_learning.base.errors import StateError

UNKNOWN = "_NODE_NAME_UNKNOWN_"  # to rclpy, until discovery has told whose a topic is


class Throttled:
    """Hands on the newest command and who sent it, at most once in ``interval`` s.

    What comes meanwhile is replaced by what comes after it, unread: a flood costs no more than
    that.

    Args:
        interval: s of steady time.
        callback: takes a message, and what the middleware tells of it.
    """

    def __init__(
        self, interval: float, callback: Callable[[Any, Mapping[str, Any]], None]
    ) -> None:
        self._interval, self._callback = interval, callback
        self._waiting: tuple[Any, Mapping[str, Any]] | None = None
        self._free_at = -math.inf
        self.__signature__ = inspect.signature(callback)  # by which rclpy tells who sent it

    def __call__(self, *given: Any) -> None:
        """Take a message and its info; the EventsExecutor gives both as one."""
        self._waiting = given[0] if len(given) == 1 else given
        self.serve()

    def serve(self) -> None:
        """Hand on what waits, where its time has come."""
        if self._waiting is not None and time.monotonic() >= self._free_at:
            waiting, self._waiting = self._waiting, None
            self._free_at = time.monotonic() + self._interval
            self._callback(*waiting)


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
