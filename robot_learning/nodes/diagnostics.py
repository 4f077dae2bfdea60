"""How a node is, for people, monitors and plots."""

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue

WAITING = "WAITING"  # the safety node's status before the first state that it can start from
EACH = 1.0  # s of steady time between two reports of the same
AGAIN = 10.0  # s of steady time between two lines of the log that say the same
LOOK = 0.2  # s of steady time between two looks at what keeps a node from working
GRACE = 0.7  # s of steady time for the graph to come together


class Complaints:
    """Says which complaints are worth a line in the log: others at most once a second."""

    def __init__(self) -> None:
        self._text, self._at = "", -math.inf

    def is_new(self, text: str) -> bool:
        """Say whether to log a text; the same one again after ten seconds."""
        now = time.monotonic()
        if now - self._at < (AGAIN if text == self._text else EACH):
            return False
        self._text, self._at = text, now
        return True


def diagnostic(
    level: bytes, name: str, message: str, values: Mapping[str, object], hardware: str = ""
) -> DiagnosticStatus:
    """Return a status with ``values`` as text."""
    pairs = [KeyValue(key=key, value=str(value)) for key, value in values.items()]
    return DiagnosticStatus(
        level=level, name=name, message=message, hardware_id=hardware, values=pairs
    )


class Diagnostics:
    """Publishes a node's statuses on ``/diagnostics`` once a second, and when a level changes.

    Names begin with the node's own, namespace and all.

    Args:
        node: who publishes.
    """

    def __init__(self, node: Any) -> None:
        self._node = node
        self._out = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._levels: list[tuple[str, bytes]] = []
        self._at = -EACH

    def publish(self, statuses: Sequence[DiagnosticStatus]) -> None:
        """Take the statuses of now; a name is a part of the node, or empty for all of it."""
        levels = [(status.name, status.level) for status in statuses]
        now = time.monotonic()
        if levels == self._levels and now - self._at < 0.9 * EACH:
            return
        self._levels, self._at = levels, now
        node = self._node.get_fully_qualified_name()
        message = DiagnosticArray()
        message.header.stamp = self._node.get_clock().now().to_msg()
        for status in statuses:
            name = f"{node}: {status.name}" if status.name else node
            message.status.append(
                DiagnosticStatus(
                    level=status.level,
                    name=name,
                    message=status.message,
                    hardware_id=status.hardware_id,
                    values=status.values,
                )
            )
        self._out.publish(message)
