"""SIGINT and SIGTERM end a training where it can be gone on from."""

import signal
import threading
from types import FrameType
from typing import Any


class Interrupted(Exception):
    """A signal ended the training; what it came to is written."""

    def __init__(self, signum: int, when: str) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name} {when}")
        self.signum = signum


class Signals:
    """While inside, the first SIGINT or SIGTERM is remembered; the second one ends at once.

    Outside the main thread, where Python allows no handlers, nothing is changed.

    Attributes:
        signum: the signal that came, or None.
    """

    def __init__(self) -> None:
        self.signum: int | None = None
        self._old: dict[int, Any] = {}

    def check(self, when: str) -> None:
        """End here if a signal came.

        Raises:
            Interrupted: saying ``when`` it came.
        """
        if self.signum is not None:
            raise Interrupted(self.signum, when)

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._old[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, old in self._old.items():
            signal.signal(number, old)

    def _hear(self, signum: int, frame: FrameType | None) -> None:
        if self.signum is not None:
            raise Interrupted(signum, "again, at once")
        self.signum = signum
