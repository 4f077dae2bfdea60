"""Pictures of a world by Bullet's CPU renderer."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.worlds.bullet.world import World, bullet

Array = NDArray[np.float64]
NEAR, FAR = 0.05, 10.0  # m


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


def look(world: World, camera: Camera) -> Picture:
    """Return what a camera sees now."""
    view = bullet.computeViewMatrixFromYawPitchRoll(
        camera.target.tolist(), camera.distance, camera.yaw, camera.pitch, 0, 2
    )
    ratio = camera.width / camera.height
    projection = bullet.computeProjectionMatrixFOV(camera.field, ratio, NEAR, FAR)
    *_, rgba, buffer, bodies = bullet.getCameraImage(
        camera.width,
        camera.height,
        view,
        projection,
        shadow=0,  # takes more time than the rest of the picture
        renderer=bullet.ER_TINY_RENDERER,
        physicsClientId=world.client,
    )
    shape = camera.height, camera.width, -1
    # The depth buffer is not linear: PyBullet's quickstart guide, getCameraImage.
    depth = FAR * NEAR / (FAR - (FAR - NEAR) * np.reshape(buffer, shape))
    return Picture(
        np.reshape(rgba, shape).astype(np.uint8)[..., :3],
        depth.astype(np.float32),
        (np.reshape(bodies, shape) + 1).astype(np.uint8),
    )
