"""What colours mean in the page, red, green and blue from 0 to 255."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.safety import Status

Colour = tuple[int, int, int]
GREEN, AMBER, RED = (40, 160, 80), (235, 150, 0), (222, 45, 38)
BLUE, VIOLET, GREY = (50, 120, 215), (140, 90, 200), (130, 138, 148)
NEAR = 0.05  # m beyond a margin from where on a pair counts as far
# Matplotlib's viridis, from its dark end on.
_SCALE = np.array([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]])


def by_room(room: float, near: float = NEAR) -> Colour:
    """Return the colour of what is ``room`` beyond its limit: red inside, amber ``near`` it."""
    return RED if room < 0 else AMBER if room < near else GREEN


def by_status(status: Status) -> Colour:
    """Return the colour of what the filter did: red where it stops the arm."""
    return {Status.OK: GREEN, Status.LIMITED: AMBER}.get(status, RED)


def on_scale(share: ArrayLike) -> NDArray[np.uint8]:
    """Return the colours (m, 3) of shares (m,) in [0, 1]."""
    places = np.linspace(0.0, 1.0, len(_SCALE))
    channels = [np.interp(np.asarray(share), places, channel) for channel in _SCALE.T]
    return np.stack(channels, axis=-1).astype(np.uint8)


def css(colour: ArrayLike) -> str:
    """Return a colour as style sheets write it."""
    red, green, blue = np.asarray(colour).tolist()
    return f"rgb({red},{green},{blue})"
