"""Folders that one process at a time works in."""

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from robot_learning.base.errors import ConfigError

LOCK = ".lock"


@contextlib.contextmanager
def owned(folder: Path) -> Iterator[None]:
    """Make a folder, and keep all other processes out that ask as well; leave none that is empty.

    Raises:
        ConfigError: where another process works in it, or it can't be written in.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("a", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder}: can't be written in: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(
                f"{folder}: another process is at work there; wait for its end, or take another"
            ) from error
        try:
            yield
        finally:
            if folder.is_dir() and {entry.name for entry in folder.iterdir()} <= {LOCK}:
                (folder / LOCK).unlink(missing_ok=True)
                with contextlib.suppress(OSError):
                    folder.rmdir()
