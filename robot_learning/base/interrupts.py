"""What signals do to a process while it loads, while it starts others, and while it ends them."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def loading() -> Iterator[None]:
    """Let Ctrl-C end the process at once, without a word; for imports, which hold nothing yet."""
    with _handling(signal.SIG_DFL, signal.SIGINT):
        yield


@contextmanager
def held() -> Iterator[None]:
    """Let signals wait until the block is left; one left by an error drops them."""
    noted: list[int] = []
    with _handling(lambda number, _: noted.append(number), *ENDING):
        yield
    if noted:
        signal.raise_signal(noted[0])


@contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM and SIGHUP run what ``finally`` says, as Ctrl-C does."""

    def leave(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    with _handling(leave, signal.SIGTERM, signal.SIGHUP):
        yield


@contextmanager
def _handling(handler: Callable[[int, Any], Any] | int, *numbers: int) -> Iterator[None]:
    """Handle signals so inside; only the main thread may, in others nothing changes."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    old = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in old.items():
            signal.signal(number, before)
