"""What MuJoCo has compiled of a robot, to be compared with what others read."""

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec
from robot_learning.worlds import agreement
from robot_learning.worlds.agreement import DIRECTIONS, ReadLink

Array = NDArray[np.float64]


def disagreements(model: mujoco.MjModel, spec: RobotSpec, fingers: Sequence[str]) -> list[str]:
    """Return one line for each thing that the compiled model has differently."""
    data = mujoco.MjData(model)

    def read(q: Array) -> list[ReadLink]:
        data.qpos[[model.joint(name).qposadr[0] for name in spec.joints]] = q
        mujoco.mj_kinematics(model, data)
        mujoco.mj_comPos(model, data)
        return [_link(model, data, name) for name in (*spec.joints, *fingers)]

    return agreement.disagreements(spec, "MuJoCo", fingers, read)


def _link(model: mujoco.MjModel, data: mujoco.MjData, joint: str) -> ReadLink:
    number, body = model.joint(joint).id, model.body(joint).id
    first = model.body_geomadr[body]
    geoms = range(first, first + model.body_geomnum[body])
    reached = [_reach(model, data, geom) for geom in geoms]
    R = data.ximat[body].reshape(3, 3)
    return ReadLink(
        joint=joint,
        axis=data.xaxis[number].copy(),
        point=data.xpos[body] + data.xmat[body].reshape(3, 3) @ model.jnt_pos[number],
        mass=float(model.body_mass[body]),
        centre=data.xipos[body].copy(),
        moments=R @ np.diag(model.body_inertia[body]) @ R.T,
        stops=None,
        extent=np.max(reached, axis=0) if reached else np.full(len(DIRECTIONS), np.nan),
    )


def _reach(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> Array:
    """Return how far a shape reaches along each of ``DIRECTIONS`` (k,), m."""
    points, radius = np.zeros((1, 3)), model.geom_size[geom, 0]
    if model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_CAPSULE:
        points = model.geom_size[geom, 1] * np.array([[0, 0, -1.0], [0, 0, 1.0]])
    elif model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_MESH:
        mesh = model.geom_dataid[geom]
        first = model.mesh_vertadr[mesh]
        points, radius = model.mesh_vert[first : first + model.mesh_vertnum[mesh]], 0.0
    R = data.geom_xmat[geom].reshape(3, 3)
    placed = points @ R.T + data.geom_xpos[geom]
    return np.asarray((placed @ DIRECTIONS.T).max(axis=0) + radius)
