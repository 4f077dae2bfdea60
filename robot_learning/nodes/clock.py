"""Time as the nodes reckon it."""

from typing import Any

from builtin_interfaces.msg import Time


class NodeTime:
    """A node's ROS clock in s since the node's start.

    A float of s since 1970 is exact to a quarter of a microsecond only; too coarse for a grid of
    periods on which velocities are differences of positions.

    Args:
        node: whose clock it is.
        clock: another clock than the node's.
    """

    def __init__(self, node: Any, clock: Any = None) -> None:
        self._clock = clock or node.get_clock()
        self._zero = int(self._clock.now().nanoseconds)

    def now(self) -> float:
        """Return the present, s."""
        return (int(self._clock.now().nanoseconds) - self._zero) * 1e-9

    def seconds(self, stamp: Time) -> float:
        """Return when a stamp was, s."""
        nanoseconds = int(stamp.sec) * 10**9 + int(stamp.nanosec)
        return (nanoseconds - self._zero) * 1e-9

    def stamp(self, seconds: float) -> Time:
        """Return s as a stamp."""
        nanoseconds = self._zero + round(seconds * 1e9)
        return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def is_set(stamp: Time) -> bool:
    """Say whether a stamp holds a time; by ROS custom zero means none."""
    return bool(stamp.sec or stamp.nanosec)
