"""Compiles functions by numba, and keeps what was compiled until a source changes.

numba's own cache looks at the file of a function alone, and would go on with old code where only
what the function calls has changed.
"""

import functools
import hashlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import event as numba_event

Function = TypeVar("Function", bound=Callable[..., Any])
PACKAGE = Path(__file__).parent.parent


def compiled(function: Function) -> Function:
    """Compile a function at its first call, or load what an earlier process compiled."""
    config: Any = numba.config
    folder = _cache()
    before, config.CACHE_DIR = config.CACHE_DIR, folder
    _announce()
    try:
        return cast(Function, numba.njit(cache=bool(folder))(function))
    finally:
        config.CACHE_DIR = before


@functools.cache
def _announce() -> None:
    """Say once a process on stderr, and only where something is compiled, that this takes long."""
    event: Any = numba_event

    class Announcement(event.Listener):  # type: ignore[misc]
        def on_start(self, _: Any) -> None:
            kept = "kept for the next start" if _cache() else "not kept: no folder is writable"
            print(
                f"Compiling the safety filter; this takes about 20 s and is {kept} ...",
                file=sys.stderr,
                flush=True,
            )
            event.unregister("numba:compile", self)

        def on_end(self, _: Any) -> None:
            pass

    event.register("numba:compile", Announcement())


@functools.cache
def _cache() -> str:
    """Return a folder for exactly these sources; empty where none can be made.

    numba's own choice would be the folder that the package is installed in.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(PACKAGE.rglob("*.py")):
        source = file.read_bytes()
        if b"@compiled" in source:
            digest.update(source)
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        folder = home / "robot_learning" / digest.hexdigest()[:16]
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return ""
    return str(folder) if os.access(folder, os.W_OK) else ""
