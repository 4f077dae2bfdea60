"""Pictures of a world by Bullet's CPU renderer."""

import numpy as np

from robot_learning.worlds.bullet.server import Server, bullet
from robot_learning.worlds.camera import FAR, NEAR, Camera, Picture


def look(server: Server, camera: Camera) -> Picture:
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
        physicsClientId=server.client,
    )
    shape = camera.height, camera.width, -1
    # The depth buffer is not linear: PyBullet's quickstart guide, getCameraImage.
    depth = FAR * NEAR / (FAR - (FAR - NEAR) * np.reshape(buffer, shape))
    return Picture(
        np.reshape(rgba, shape).astype(np.uint8)[..., :3],
        depth.astype(np.float32),
        (np.reshape(bodies, shape) + 1).astype(np.uint8),
    )
