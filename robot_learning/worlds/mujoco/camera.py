"""Pictures of a MuJoCo world by its own renderer."""

from collections.abc import Mapping, Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.worlds.camera import FAR, MARK, Camera, Picture
from robot_learning.worlds.mujoco.building import FLOOR

Array = NDArray[np.float64]
Marks = Mapping[str, tuple[Array, float]]  # centre (3,), base frame, and radius, m
GEOM, OTHER = int(mujoco.mjtObj.mjOBJ_GEOM), int(mujoco.mjtObj.mjOBJ_UNKNOWN)
MOST = 1000  # shapes in a scene


class Eye:
    """Renders a model; it opens what it needs of OpenGL with the first picture.

    Args:
        model: what is seen.
        objects: names of what it moves, in order.
    """

    def __init__(self, model: mujoco.MjModel, objects: Sequence[str]) -> None:
        self._model = model
        self._renderer: mujoco.Renderer | None = None
        known = {name: 3 + number for number, name in enumerate(objects)}
        bodies = [model.body(body).name for body in model.geom_bodyid]
        self._numbers = np.array([known.get(name, 2) for name in bodies])
        self._numbers[model.geom(FLOOR).id] = 1

    def look(self, data: mujoco.MjData, camera: Camera, marks: Marks) -> Picture:
        """Return what a camera sees.

        Raises:
            ConfigError: where no OpenGL is found.
        """
        renderer = self._of_size(camera.width, camera.height)
        self._model.vis.global_.fovy = camera.field
        view = mujoco.MjvCamera()
        view.lookat, view.distance = camera.target, camera.distance
        view.azimuth, view.elevation = camera.yaw + 90.0, camera.pitch
        renderer.update_scene(data, view)
        draw_marks(renderer.scene, marks)
        rgb = renderer.render()
        renderer.enable_depth_rendering()
        depth = np.minimum(renderer.render(), FAR)
        renderer.enable_segmentation_rendering()
        seen, kind = np.moveaxis(renderer.render(), -1, 0)
        renderer.disable_segmentation_rendering()
        numbers = np.zeros(seen.shape, dtype=np.uint8)
        solid = kind == GEOM
        numbers[solid] = self._numbers[seen[solid]]
        marked = kind == OTHER
        numbers[marked] = self._numbers.max() + 1 + seen[marked]
        return Picture(rgb, depth[..., None], numbers[..., None])

    def close(self) -> None:
        """Give the renderer back."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def _of_size(self, width: int, height: int) -> mujoco.Renderer:
        made = self._renderer
        if made is None or (made.width, made.height) != (width, height):
            self.close()
            size = self._model.vis.global_
            size.offwidth, size.offheight = width, height
            try:
                made = mujoco.Renderer(self._model, height, width, max_geom=MOST)
            except Exception as error:  # each OpenGL library fails in its own way
                said = str(error).strip().split("\n")[0]
                raise ConfigError(
                    f"world 'mujoco': no OpenGL to draw with: {said}; apt install libegl1 "
                    "libgl1-mesa-dri, leave MUJOCO_GL unset or egl, or watch in world 'bullet'"
                ) from error
            self._renderer = made
        return made


def draw_marks(scene: mujoco.MjvScene, marks: Marks) -> None:
    """Add spheres to a scene, numbered from 0 in their order."""
    for number, (centre, radius) in enumerate(marks.values()):
        geom = scene.geoms[scene.ngeom]
        size, turn = np.full(3, radius), np.eye(3).ravel()
        mujoco.mjv_initGeom(geom, mujoco.mjtGeom.mjGEOM_SPHERE, size, centre, turn, MARK)
        geom.objtype, geom.objid = OTHER, number
        geom.segid = scene.ngeom
        scene.ngeom += 1
