"""An arm in the page: its links, each with what is drawn of it."""

import numpy as np
import viser
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from robot_learning.geometry.bodies import TIP, ArmBodies
from robot_learning.kinematics.chain import link_poses
from robot_learning.kinematics.links import Link, links_of
from robot_learning.viewing.colours import BLUE, VIOLET
from robot_learning.viewing.meshes import glb, link_meshes
from robot_learning.viewing.shapes import hull

Array = NDArray[np.float64]
MESHES, HULLS, CAPSULES = "meshes", "hulls", "capsules"


def place(handle: viser.SceneNodeHandle, T: Array) -> None:
    """Put something at a pose (4, 4) or (3, 4) of its parent's frame, m."""
    handle.position = T[:3, 3]
    handle.wxyz = Rotation.from_matrix(T[:3, :3]).as_quat(scalar_first=True)


class ArmDrawing:
    """The links of an arm as frames, with visual meshes, hulls and capsules below them.

    Each is drawn where it is with all joints at 0, and its link's frame moves it from there.

    Args:
        server: of the page.
        arm: its bodies.

    Attributes:
        whole: all of it, to be shown or hidden.
        layers: what is drawn, to be shown or hidden together, by name.
        failed: a line about each mesh that could not be read.
    """

    def __init__(self, server: viser.ViserServer, arm: ArmBodies) -> None:
        self._scene, self._screws, self._spec = server.scene, arm.screws, arm.spec
        self.whole = self._scene.add_frame("/arm", False)
        count = arm.spec.n + 1
        self._frames = [self._scene.add_frame(f"/arm/{k}", False) for k in range(count)]
        self._known: dict[float, dict[str, Link]] = {}
        self._links: dict[str, viser.SceneNodeHandle] = {}
        self._opening = 0.0
        self.failed: list[str] = []
        self.layers = {MESHES: self._meshes(), HULLS: [], CAPSULES: []}
        self._bodies(arm)

    def pose(self, q: Array, opening: float = 0.0) -> None:
        """Bring the arm to ``q`` (n,) and its gripper to an opening in [0, 1]."""
        for frame, T in zip(self._frames, link_poses(q, self._screws), strict=True):
            place(frame, T)
        opening = round(opening, 2)
        if opening != self._opening:
            self._opening = opening
            for name, link in self._links_at(opening).items():
                if name in self._links:
                    place(self._links[name], link.T_base_link)

    def _links_at(self, opening: float) -> dict[str, Link]:
        if opening not in self._known:
            self._known[opening] = links_of(self._spec, opening)
        return self._known[opening]

    def _meshes(self) -> list[viser.SceneNodeHandle]:
        links, (meshes, self.failed) = self._links_at(0.0), link_meshes(self._spec.urdf)
        for name, mesh in meshes.items():
            where = f"/arm/{links[name].moved_by}/{name}"
            data = glb(mesh)
            self._links[name] = self._scene.add_glb(where, data, receive_shadow=0.3)
            place(self._links[name], links[name].T_base_link)
        return list(self._links.values())

    def _bodies(self, arm: ArmBodies) -> None:
        for number, (body, capsule) in enumerate(zip(arm.bodies, arm.capsules, strict=True)):
            if body.name == TIP:
                continue
            own = hull(body.points, body.radius)
            around = hull(np.array([capsule.start, capsule.end]), capsule.radius)
            for layer, colour, mesh in ((HULLS, BLUE, own), (CAPSULES, VIOLET, around)):
                handle = self._scene.add_mesh_simple(
                    f"/arm/{body.link}/{layer}/{number}",
                    mesh.vertices,
                    mesh.faces,
                    color=colour,
                    opacity=0.35,
                    flat_shading=layer == HULLS,
                    cast_shadow=False,
                    receive_shadow=False,
                    visible=False,
                )
                self.layers[layer].append(handle)
