"""What signals do to a process while it loads, while it starts others, and while it ends them."""

import contextlib
import ctypes
import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any

# Set to the process that starts another one for itself alone.
STARTER = "ROBOT_LEARNING_STARTED_BY"
PR_SET_PDEATHSIG = 1  # of Linux's prctl
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
def deaf() -> Iterator[None]:
    """Start processes inside that do not hear Ctrl-C; what they import could not answer it.

    A process listens again once it calls :func:`listen`.
    """
    # Started inside, multiprocessing's tracker would let this process hear again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def listen() -> None:
    """Let Ctrl-C end this process without a word, one that came while it was deaf too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


@contextmanager
def unwinding() -> Iterator[None]:
    """Let SIGTERM and SIGHUP run what ``finally`` says, as Ctrl-C does."""

    def leave(number: int, _: Any) -> None:
        raise SystemExit(128 + number)

    with _handling(leave, signal.SIGTERM, signal.SIGHUP):
        yield


def started_here(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a process that ends with this one, even where this is killed."""
    return {**env, STARTER: str(os.getpid())}


def end_with_starter() -> None:
    """Be interrupted by Linux when the process that started this one for itself is gone."""
    starter = os.environ.get(STARTER)
    if starter is None:
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)
    if str(os.getppid()) != starter:
        os.kill(os.getpid(), signal.SIGINT)


@contextmanager
def _handling(handler: Callable[[int, Any], Any] | int, *numbers: int) -> Iterator[None]:
    """Handle signals so inside; only the main thread may, in others nothing changes.

    A SIGHUP that is ignored stays so: the user said ``nohup``.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    nohup = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    ours = [number for number in numbers if not (nohup and number == signal.SIGHUP)]
    old = {number: signal.signal(number, handler) for number in ours}
    try:
        yield
    finally:
        for number, before in old.items():
            signal.signal(number, before)
