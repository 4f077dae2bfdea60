"""Where a camera stands, and what it sees."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Colour = tuple[float, float, float, float]
NEAR, FAR = 0.05, 10.0  # m
FLOOR: Colour = (0.86, 0.88, 0.9, 1.0)
OBJECTS: tuple[Colour, ...] = ((0.93, 0.45, 0.2, 1.0), (0.25, 0.5, 0.9, 1.0))
MARK: Colour = (0.1, 0.75, 0.3, 0.8)


@dataclass(frozen=True)
class Camera:
    """Where a camera stands and how it looks.

    Attributes:
        target: (3,) point looked at, base frame, m.
        distance: of the camera from it, m.
        width: pixels.
        height: pixels.
        yaw: of the way to the target about the vertical, degrees.
        pitch: of that way, negative from above, degrees.
        field: of view, upright, degrees.
    """

    target: Array
    distance: float
    width: int = 640
    height: int = 480
    yaw: float = 50.0
    pitch: float = -25.0
    field: float = 45.0


class Picture(NamedTuple):
    """What a camera sees.

    Attributes:
        rgb: (height, width, 3).
        depth: (height, width, 1), m along the way that the camera looks.
        segmentation: (height, width, 1): 0 nothing, 1 the floor, 2 the arm, then the objects in
            their order, then markers.
    """

    rgb: NDArray[np.uint8]
    depth: NDArray[np.float32]
    segmentation: NDArray[np.uint8]
