"""Compiles functions by numba, and keeps what was compiled until a source changes.

numba's own cache looks at the file of a function alone, and would go on with old code where only
what the function calls has changed.
"""

import functools
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])
PACKAGE = Path(__file__).parent.parent


def compiled(function: Function) -> Function:
    """Compile a function at its first call, or load what an earlier process compiled."""
    config: Any = numba.config
    before, config.CACHE_DIR = config.CACHE_DIR, _cache()
    try:
        return cast(Function, numba.njit(cache=True)(function))
    finally:
        config.CACHE_DIR = before


@functools.cache
def _cache() -> str:
    """Return a folder for exactly these sources; numba's own choice where none can be made."""
    digest = hashlib.sha256(numba.__version__.encode())
    for file in sorted(PACKAGE.rglob("*.py")):
        source = file.read_bytes()
        if b"@compiled" in source:
            digest.update(source)
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = home / "robot_learning" / digest.hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return ""
    return str(folder)
