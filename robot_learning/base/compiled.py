"""Compiles functions by numba, and keeps what was compiled until a source changes.

numba takes a third of a second to import: that waits for the first call of a compiled function.
Its own cache looks at the file of a function alone, and would go on with old code where only what
the function calls has changed.
"""

import functools
import hashlib
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

Function = TypeVar("Function", bound=Callable[..., Any])
PACKAGE = Path(__file__).parent.parent

_waiting: dict[int, "_Waiting"] = {}
_one_at_a_time = threading.RLock()


def compiled(function: Function) -> Function:
    """Compile a function at its first call, or load what an earlier process compiled."""
    return cast(Function, _Waiting(function))


def load_soon(attempt: Callable[[], None]) -> None:
    """Load numba in the background, and what ``attempt`` calls, so that nobody waits for it."""

    def load() -> None:
        _take_their_place()
        attempt()

    if any(waiting.dispatcher is None for waiting in _waiting.values()):
        threading.Thread(target=load, name="numba", daemon=True).start()


class _Waiting:
    """Stands for a function until the first of all is called, then calls what took its place."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.dispatcher: Callable[..., Any] | None = None
        _waiting[id(self)] = self

    def __call__(self, *args: Any) -> Any:
        if self.dispatcher is None:
            _take_their_place()
        assert self.dispatcher is not None
        return self.dispatcher(*args)


def _take_their_place() -> None:
    """Put numba's functions where those that wait are named, so that they call one another."""
    with _one_at_a_time:
        import numba

        _without_blas()
        folder = _cache(numba.__version__)
        _announce(folder)
        config: Any = numba.config
        before, config.CACHE_DIR = config.CACHE_DIR, folder
        try:
            for waiting in _waiting.values():
                if waiting.dispatcher is None:
                    waiting.dispatcher = numba.njit(cache=bool(folder))(waiting.function)
        finally:
            config.CACHE_DIR = before
        for name, module in list(sys.modules.items()):
            if name.partition(".")[0] == PACKAGE.name:
                for key, value in list(vars(module).items()):
                    if id(value) in _waiting:
                        setattr(module, key, _waiting[id(value)].dispatcher)


def _without_blas() -> None:
    """Keep numba from loading scipy for products of matrices, 19 MB in each process.

    A compiled function that has one can't be compiled.
    """
    from numba.np import linalg

    def refuse() -> None:
        raise ImportError("write the sums of the product out: scipy is not loaded for it")

    blas: Any = linalg
    blas.ensure_blas = refuse


@functools.cache
def _announce(folder: str) -> None:
    """Say once a process on stderr, and only where something is compiled, that this takes long."""
    from numba.core import event as numba_event

    event: Any = numba_event

    class Announcement(event.Listener):  # type: ignore[misc]
        def on_start(self, _: Any) -> None:
            kept = "kept for the next start" if folder else "not kept: no folder is writable"
            print(
                f"Compiling what is needed here, for up to a minute; it is {kept} ...",
                file=sys.stderr,
                flush=True,
            )
            event.unregister("numba:compile", self)

        def on_end(self, _: Any) -> None:
            pass

    event.register("numba:compile", Announcement())


@functools.cache
def _cache(numba_version: str) -> str:
    """Return a folder for exactly these sources; empty where none can be made.

    numba's own choice would be the folder that the package is installed in.
    """
    digest = hashlib.sha256(numba_version.encode())
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
