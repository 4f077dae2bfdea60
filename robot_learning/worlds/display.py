"""Whether a window can be opened: where it can't, an engine ends the process without a word."""

import ctypes
import os


def window_problem() -> str:
    """Say why no window can be opened on ``DISPLAY``; empty where one can."""
    name = os.environ.get("DISPLAY", "")
    if not name:
        return "DISPLAY is not set: there is no display to open a window on"
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return f"DISPLAY={name}: a window needs libX11, which is not installed"
    x11.XOpenDisplay.restype = ctypes.c_void_p
    display = x11.XOpenDisplay(None)
    if not display:
        return f"DISPLAY={name}: no X server answers there"
    try:
        return "" if _has_opengl(display) else f"DISPLAY={name}: its X server has no OpenGL"
    finally:
        x11.XCloseDisplay(ctypes.c_void_p(display))


def _has_opengl(display: int) -> bool:
    """Say whether an open display knows GLX; where the library is not found, leave it open."""
    try:
        gl = ctypes.CDLL("libGL.so.1")
    except OSError:
        return True
    return bool(gl.glXQueryExtension(ctypes.c_void_p(display), None, None))
