"""Time as the nodes reckon it."""

import time
from collections.abc import Callable
from typing import Any

from builtin_interfaces.msg import Time
from rclpy.clock import Clock
from rclpy.clock_type import ClockType


class NodeTime:
    """A node's ROS clock in s since the first time it told.

    A float of s since 1970 is exact to a quarter of a microsecond only; too coarse for a grid of
    periods on which velocities are differences of positions.

    Args:
        node: whose clock it is.
        clock: another clock than the node's.
    """

    def __init__(self, node: Any, clock: Any = None) -> None:
        self._clock = clock or node.get_clock()
        self._zero = int(self._clock.now().nanoseconds)

    @property
    def told(self) -> bool:
        """Whether there is a time; a simulated clock tells none before its first message."""
        return int(self._clock.now().nanoseconds) > 0

    def now(self) -> float:
        """Return the present, s."""
        nanoseconds = int(self._clock.now().nanoseconds)
        self._zero = self._zero or nanoseconds
        return (nanoseconds - self._zero) * 1e-9

    def seconds(self, stamp: Time) -> float:
        """Return when a stamp was, s."""
        if not self._zero:
            self.now()
        return (nanoseconds_of(stamp) - self._zero) * 1e-9

    def stamp(self, seconds: float) -> Time:
        """Return s as a stamp."""
        nanoseconds = self._zero + round(seconds * 1e9)
        return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


class ClockWatch:
    """Notices a clock that goes backwards or stands still.

    Args:
        clock: the node's time.
    """

    def __init__(self, clock: NodeTime) -> None:
        self._clock = clock
        self._last, self._moved_at = clock.now(), time.monotonic()

    def went_back(self) -> float:
        """Return by how many s the clock was set back since the last call; 0 where it was not."""
        now = self._clock.now()
        change, self._last = now - self._last, now
        if change:
            self._moved_at = time.monotonic()
        return max(-change, 0.0)

    def stands_still(self, timeout: float) -> bool:
        """Say whether no ROS time has passed for ``timeout`` s of steady time."""
        return time.monotonic() - self._moved_at > timeout


class Alarm:
    """Calls back by steady time, as soon as it was asked to last.

    Simulated time may run at any speed, so then it calls as often as it may.

    Args:
        node: whose timer it is.
        callback: what is called.
        shortest: time between two calls, s.
        longest: time between two calls, s.
    """

    def __init__(
        self, node: Any, callback: Callable[[], None], shortest: float, longest: float
    ) -> None:
        self._shortest, self._longest = shortest, longest
        self._simulated = bool(node.get_parameter("use_sim_time").value)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(shortest, callback, clock=steady)

    def set(self, seconds: float) -> None:
        """Ask for the next call so many s from now."""
        if not self._simulated:
            seconds = min(max(seconds, self._shortest), self._longest)
            self._timer.timer_period_ns = round(seconds * 1e9)
            self._timer.reset()


def nanoseconds_of(stamp: Time) -> int:
    """Return ns since 1970, or since the start of a simulation."""
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def is_set(stamp: Time) -> bool:
    """Say whether a stamp holds a time; by ROS custom zero means none."""
    return bool(stamp.sec or stamp.nanosec)
