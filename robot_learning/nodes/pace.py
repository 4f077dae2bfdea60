"""Simulated time beside the clock that it runs with."""

import time

from robot_learning.nodes.clock import NodeTime

MAX_LAG = 0.1  # s; after a longer stall simulated time is let fall behind
MAX_JUMP = 0.5  # s; what /clock may go on at once where the simulation follows it


class Pace:
    """Counts physics steps, and says how many of them are due.

    Args:
        clock: the node's time, at which simulated time starts.
        dt: of a physics step, s.
        follows: it runs with ``/clock``, not with the wall clock.
        told: others hear simulated time, so that it must not jump.
    """

    def __init__(self, clock: NodeTime, dt: float, *, follows: bool, told: bool) -> None:
        self._clock, self._dt, self._follows, self._told = clock, dt, follows, told
        self._steps = 0
        self._epoch = self._begun = 0.0
        self.lay()

    @property
    def steps(self) -> int:
        """Physics steps done."""
        return self._steps

    @property
    def now(self) -> float:
        """Simulated time, s; as the clock it runs with, unless paused."""
        return self._epoch + self._steps * self._dt

    @property
    def late(self) -> float:
        """How far simulated time is behind the clock that it runs with, s."""
        return self._time() - self._begun - self._steps * self._dt

    @property
    def torn(self) -> bool:
        """Whether it is too late, or too early, to be made up for."""
        return abs(self.late) > (MAX_JUMP if self._follows else MAX_LAG)

    def step(self) -> None:
        """Count a physics step as done."""
        self._steps += 1

    def lay(self) -> None:
        """Let simulated time go on from the present; where others hear it, from where it was."""
        done = self._steps * self._dt
        self._begun = self._time() - done
        if not self._told or not self._steps:
            self._epoch = self._clock.now() - done

    def _time(self) -> float:
        return self._clock.now() if self._follows else time.monotonic()
