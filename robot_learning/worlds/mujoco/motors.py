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
SQUEEZE = 0.1  # share of its stroke by which a stopped gripper falls behind until it presses fully
MAX_FORCE = 1e6  # N m or N, where the URDF gives no effort limit


def add_motors(made: mujoco.MjSpec, spec: RobotSpec, gripper: Gripper | None) -> None:
    """Add a motor to each joint of the chain and of a gripper; :class:`Motors` sets its gains."""
    for name in (*spec.joints, *(gripper.joints if gripper is not None else ())):
        made.add_actuator(
            name=name,
            target=name,
            trntype=mujoco.mjtTrn.mjTRN_JOINT,
            gaintype=mujoco.mjtGain.mjGAIN_FIXED,
            biastype=mujoco.mjtBias.mjBIAS_AFFINE,
            forcelimited=1,
            forcerange=[-MAX_FORCE, MAX_FORCE],
        )


class Motors:
    """Sends references to the motors once a physics step.

    Each joint is a critically damped second-order system about its reference, for the inertia
    that it has at home; other joints, loads and limits of force disturb it, as on a real arm.
    MuJoCo integrates the damping implicitly: explicitly it would diverge where a joint moves
    less than at home.

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
        self._model, self._data, self._gripper = model, data, gripper
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
        self._stiffness = moved * BANDWIDTH**2
        if gripper is not None:
            stroke = np.abs(gripper.open - gripper.closed)
            self._stiffness[spec.n :] = gripper.force / (SQUEEZE * stroke)
        self._damping = 2 * DAMPING * np.sqrt(moved * self._stiffness)
        self.vary(1.0, 1.0)

    def vary(self, gain: float, force: float) -> None:
        """Multiply the gains of the joints' motors and their largest forces by these factors."""
        gains, forces = np.ones((2, len(self._v)))
        gains[: self._n], forces[: self._n] = gain, force
        model = self._model
        model.actuator_gainprm[:, 0] = gains * self._stiffness
        model.actuator_biasprm[:, 1] = -gains * self._stiffness
        model.actuator_biasprm[:, 2] = -gains * self._damping
        model.actuator_forcerange[:] = np.outer(forces * self._efforts, [-1.0, 1.0])

    def reset(self, q: Array, opening: float) -> None:
        """Put the arm at rest at ``q`` (n,), its gripper at ``opening``."""
        self.opening = opening
        self._data.qpos[self._q] = self._whole(q)
        self._data.qvel[self._v] = 0.0

    def put_fingers(self, positions: Array) -> None:
        """Put the gripper's joints at ``positions`` (k,), wherever they are sent."""
        if len(positions):
            self._data.qpos[self._q[self._n :]] = positions

    def fingers(self) -> Array:
        """Return the positions (k,) of the gripper's joints, rad or m."""
        return np.array(self._data.qpos[self._q[self._n :]])

    def drive(self, q: Array, qd: Array) -> None:
        """Set the motors toward a reference: positions (n,) and velocities (n,)."""
        wanted = self._whole(q)
        wanted[: self._n] += self._damping[: self._n] / self._stiffness[: self._n] * qd
        self._data.ctrl[:] = wanted

    def measured(self) -> tuple[Array, Array]:
        """Return the arm's positions (n,) and velocities (n,)."""
        n = self._n
        return self._data.qpos[self._q[:n]].copy(), self._data.qvel[self._v[:n]].copy()

    def measured_opening(self) -> float:
        """Return the gripper's opening."""
        assert self._gripper is not None
        return self._gripper.opening(self.fingers())

    def _whole(self, q: Array) -> Array:
        own = () if self._gripper is None else self._gripper.positions(self.opening)
        return np.concatenate([q, own])


def _inertia(model: mujoco.MjModel, data: mujoco.MjData, v: int) -> float:
    """Return what a degree of freedom moves where the arm is now, kg m² or kg."""
    unit, found = np.zeros(model.nv), np.zeros(model.nv)
    unit[v] = 1.0
    mujoco.mj_mulM(model, data, found, unit)
    return float(found[v])
