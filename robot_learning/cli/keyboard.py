"""The keys of a terminal as a device to move an arm with."""

import os
import select
import sys
import termios
import time
import tty
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

KEYS: dict[str, tuple[int, int]] = {
    "w": (0, 1),
    "s": (0, -1),
    "a": (1, 1),
    "d": (1, -1),
    "r": (2, 1),
    "f": (2, -1),
}
HELP = "w s a d r f: x, y, z; space: gripper; Enter: end the episode; Ctrl-C: end"
HELD = 0.35  # s that a key counts as held; terminals repeat one sooner


class Keyboard:
    """Reads keys without waiting for them; the terminal is as before once it is left.

    Args:
        speed: of the tip, m/s.

    Attributes:
        toggled: whether the gripper's key was pressed, until somebody says that it has heard.
        end: the same of the key that ends an episode.
    """

    def __init__(self, speed: float) -> None:
        self._speed, self._file = speed, sys.stdin.fileno()
        self._until = np.full(3, -np.inf)
        self._way = np.zeros(3)
        self.toggled = self.end = False

    def __enter__(self) -> "Keyboard":
        self._before = termios.tcgetattr(self._file)
        tty.setcbreak(self._file)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        termios.tcsetattr(self._file, termios.TCSADRAIN, self._before)

    def linear(self) -> NDArray[np.float64]:
        """Return the velocity (3,) of the tip that the keys ask for, m/s."""
        while select.select([self._file], [], [], 0.0)[0]:
            pressed = os.read(self._file, 64).decode(errors="ignore")
            if not pressed:
                break  # the terminal is gone
            for key in pressed:
                self._press(key)
        return self._speed * np.where(self._until > time.monotonic(), self._way, 0.0)

    def _press(self, key: str) -> None:
        if key in KEYS:
            axis, sign = KEYS[key]
            self._way[axis], self._until[axis] = sign, time.monotonic() + HELD
        self.toggled = self.toggled or key == " "
        self.end = self.end or key in "\r\n"
