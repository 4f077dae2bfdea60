"""Who may command the arm: one publisher at a time."""

from typing import Any

from rclpy.subscription import MessageInfo

from robot_learning.errors import StateError


class Sources:
    """Gives the arm to the publisher that commands it first, until that has been silent.

    Publishers are told apart by the identity that the middleware puts on each message. Where it
    puts none, and more than one publishes, nobody may command.

    Args:
        node: whose subscription it is.
        topic: of the commands.
        timeout: silence after which another may take over, s.
    """

    def __init__(self, node: Any, topic: str, timeout: float) -> None:
        self._node = node
        self._topic = topic
        self._timeout = timeout
        self._holder = b""
        self._at = -float("inf")
        self._names: dict[bytes, str] = {}

    def admit(self, info: MessageInfo, now: float) -> None:
        """Let a message pass that came with ``info`` at ``now``, s.

        Raises:
            StateError: where another publisher has the arm.
        """
        told: Any = info.get("publisher_gid")
        identity = bytes(told["data"]) if told else b""
        if not identity and self._node.count_publishers(self._topic) > 1:
            raise StateError("several publishers, and this ROS 2 does not tell which one sends")
        if identity != self._holder and now - self._at <= self._timeout:
            first, second = self._name(self._holder), self._name(identity)
            raise StateError(f"{second} commands while {first} has the arm")
        self._holder, self._at = identity, now

    def _name(self, identity: bytes) -> str:
        if identity not in self._names:
            publishers = self._node.get_publishers_info_by_topic(self._topic)
            found = {bytes(item.endpoint_gid[: len(identity)]): item for item in publishers}
            node = found.get(identity)
            if node is None:
                return "an unknown publisher"
            self._names[identity] = f"{node.node_namespace.rstrip('/')}/{node.node_name}"
        return self._names[identity]
