"""The motors of an arm and its gripper: springs and dampers, as strong as the URDF says."""

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_learning.kinematics.tree import moving_links
from robot_learning.robot import RobotSpec
from robot_learning.robot.gripper import Gripper

Array = NDArray[np.float64]
BANDWIDTH = 60.0  # rad/s, of the position loop of each joint
DAMPING = 1.0  # share of critical
GRIPPER_BANDWIDTH = 40.0  # rad/s
MAX_FORCE = 1e4  # N m or N, where the URDF gives no effort limit


class Motors:
    """Turns references into torques once a physics step.

    Each joint is a critically damped second-order system about its reference, for the inertia
    that it has at home; other joints, loads and limits of force disturb it, as on a real arm.

    Attributes:
        opening: where the gripper is sent, 0 closed to 1 open.
    """

    def __init__(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        spec: RobotSpec,
        gripper: Gripper | None,
    ) -> None:
        self._data, self._gripper = data, gripper
        fingers = gripper.joints if gripper is not None else ()
        names = [*spec.joints, *fingers]
        joints = [model.joint(name).id for name in names]
        self._q, self._v = model.jnt_qposadr[joints], model.jnt_dofadr[joints]
        self._n = spec.n
        given = {link.joint: link.effort or MAX_FORCE for link in moving_links(spec)}
        own = [gripper.force] * len(fingers) if gripper is not None else []
        self._efforts = np.array([*(given[name] for name in spec.joints), *own])
        self.opening = 0.0
        data.qpos[self._q[: spec.n]] = spec.home
        mujoco.mj_forward(model, data)
        moved = np.array([_inertia(model, data, v) for v in self._v])
        loop = np.array([BANDWIDTH] * spec.n + [GRIPPER_BANDWIDTH] * len(fingers))
        self._stiffness = moved * loop**2
        self._damping = 2 * DAMPING * moved * loop
        self.vary(1.0, 1.0)

    def vary(self, gain: float, force: float) -> None:
        """Multiply the gains of the joints' motors and their largest forces by these factors."""
        self._gain, self._force = np.ones(len(self._v)), np.ones(len(self._v))
        self._gain[: self._n], self._force[: self._n] = gain, force

    def reset(self, q: Array, opening: float) -> None:
        """Put the arm at rest at ``q`` (n,), its gripper at ``opening``."""
        self.opening = opening
        self._data.qpos[self._q] = self._whole(q)
        self._data.qvel[self._v] = 0.0

    def drive(self, q: Array, qd: Array) -> None:
        """Apply the torques toward a reference: positions (n,) and velocities (n,)."""
        wanted = np.concatenate([qd, np.zeros(len(self._v) - self._n)])
        off = self._whole(q) - self._data.qpos[self._q]
        slow = wanted - self._data.qvel[self._v]
        torque = self._gain * (self._stiffness * off + self._damping * slow)
        most = self._force * self._efforts
        self._data.qfrc_applied[self._v] = np.clip(torque, -most, most)

    def measured(self) -> tuple[Array, Array]:
        """Return the arm's positions (n,) and velocities (n,)."""
        n = self._n
        return self._data.qpos[self._q[:n]].copy(), self._data.qvel[self._v[:n]].copy()

    def measured_opening(self) -> float:
        """Return the gripper's opening."""
        assert self._gripper is not None
        return self._gripper.opening(self._data.qpos[self._q[self._n :]])

    def _whole(self, q: Array) -> Array:
        if self._gripper is None:
            return q
        return np.concatenate([q, self._gripper.positions(self.opening)])


def _inertia(model: mujoco.MjModel, data: mujoco.MjData, v: int) -> float:
    """Return what a degree of freedom moves where the arm is now, kg m² or kg."""
    unit, found = np.zeros(model.nv), np.zeros(model.nv)
    unit[v] = 1.0
    mujoco.mj_mulM(model, data, found, unit)
    return float(found[v])
