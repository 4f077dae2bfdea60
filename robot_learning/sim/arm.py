"""A simulated arm whose joints follow position and velocity targets."""

import xml.etree.ElementTree as ET
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from robot_learning.paths import resolve_uri
from robot_learning.robot import ArmModel, ArmState, RobotSpec, Trajectory
from robot_learning.sim.world import World, bullet, quiet

Array = NDArray[np.float64]
# Motor gains of Bullet's position control: share of the error corrected in one physics step.
POSITION_GAIN = 0.2
VELOCITY_GAIN = 1.0
FINGER_FRICTION = 1.0
GEAR = 10.0  # times the gripper's force that keeps its joints together
MAX_FORCE = 1e4  # N m or N, where the URDF gives no effort limit


class BulletArm:
    """An :class:`~robot_learning.robot.ArmBackend` in a :class:`World`.

    Args:
        world: where it stands.
        spec: the robot.
        self_collision: let its links touch each other.
    """

    def __init__(self, world: World, spec: RobotSpec, *, self_collision: bool = False) -> None:
        self.world = world
        self.spec = spec
        self._client = world.client
        self.body = _load(spec, self._client, self_collision)
        count = bullet.getNumJoints(self.body, physicsClientId=self._client)
        info = [
            bullet.getJointInfo(self.body, i, physicsClientId=self._client) for i in range(count)
        ]
        index = {item[1].decode(): item[0] for item in info}
        self._joints = [index[name] for name in spec.joints]
        own = spec.gripper.joints if spec.gripper else ()
        held = {name: value for name, value in spec.hold.items() if name not in own}
        self._held = [index[name] for name in held]
        self._held_at = list(held.values())
        self._forces = [info[i][10] or MAX_FORCE for i in self._joints]
        self._gains = [POSITION_GAIN] * spec.n, [VELOCITY_GAIN] * spec.n
        self._time = 0.0
        self._fingers = [index[name] for name in own]
        self._couple()
        for finger in self._fingers:
            bullet.changeDynamics(
                self.body,
                finger,
                lateralFriction=FINGER_FRICTION,
                spinningFriction=0.001,
                physicsClientId=self._client,
            )

    def reset(self, q: Array, opening: float = 0.0) -> ArmState:
        """Put the arm at rest at ``q`` (n,), its gripper at ``opening``, and its clock to 0."""
        self._time = 0.0
        for joint, value in [
            *zip(self._joints, q, strict=True),
            *zip(self._held, self._held_at, strict=True),
        ]:
            bullet.resetJointState(
                self.body, joint, float(value), 0.0, physicsClientId=self._client
            )
        self._hold_others()
        if self.spec.gripper is not None:
            places = self.spec.gripper.positions(opening)
            bullet.resetJointStatesMultiDof(
                self.body,
                self._fingers,
                [[value] for value in places],
                physicsClientId=self._client,
            )
            self.grip(opening)
        self.drive(np.asarray(q), np.zeros(self.spec.n))
        return self.state()

    def step(self, trajectory: Trajectory, dt: float, opening: float | None = None) -> ArmState:
        """Follow ``trajectory`` for ``dt`` s of physics and return the state then."""
        if opening is not None:
            self.grip(opening)
        steps = round(dt / self.world.physics_dt)
        targets = trajectory.sample(np.arange(1.0, steps + 1) * self.world.physics_dt)
        for q, qd in zip(*targets, strict=True):
            self.drive(q, qd)
            self.world.step()
        self._time += dt
        return self.state()

    def place(self, q: Array) -> None:
        """Put the joints at rest at ``q`` (n,) and nothing else."""
        bullet.resetJointStatesMultiDof(
            self.body, self._joints, [[value] for value in q], physicsClientId=self._client
        )

    def drive(self, q: Array, qd: Array) -> None:
        """Set the motors' targets ``q``, ``qd`` (n,) for the next physics step."""
        bullet.setJointMotorControlArray(
            self.body,
            self._joints,
            bullet.POSITION_CONTROL,
            targetPositions=q.tolist(),
            targetVelocities=qd.tolist(),
            forces=self._forces,
            positionGains=self._gains[0],
            velocityGains=self._gains[1],
            physicsClientId=self._client,
        )

    def grip(self, opening: float) -> None:
        """Send the gripper to ``opening``, 0 closed to 1 open."""
        gripper = self.spec.gripper
        if gripper is None:
            return
        bullet.setJointMotorControlArray(
            self.body,
            self._fingers,
            bullet.POSITION_CONTROL,
            targetPositions=gripper.positions(opening).tolist(),
            forces=[gripper.force] * len(self._fingers),
            physicsClientId=self._client,
        )

    def opening(self) -> float:
        """Return the measured opening of the gripper; 0 where there is none."""
        if self.spec.gripper is None:
            return 0.0
        states = bullet.getJointStates(self.body, self._fingers, physicsClientId=self._client)
        return self.spec.gripper.opening(np.array([item[0] for item in states]))

    def state(self) -> ArmState:
        """Return the measured state; its stamp is the time simulated since the reset, s."""
        states = bullet.getJointStates(self.body, self._joints, physicsClientId=self._client)
        q, qd = zip(*(item[:2] for item in states), strict=True)
        return ArmState(np.array(q), np.array(qd), self._time)

    def touches_floor(self) -> bool:
        """Say whether a moving link is in contact with the floor now."""
        bullet.performCollisionDetection(physicsClientId=self._client)
        contacts = bullet.getContactPoints(
            self.body, self.world.floor, physicsClientId=self._client
        )
        return any(contact[3] >= min(self._joints) for contact in contacts)

    def _couple(self) -> None:
        """Join the gripper's joints to the first of them, as gears do."""
        gripper = self.spec.gripper
        if gripper is None:
            return
        strokes = gripper.open - gripper.closed
        for finger, stroke in zip(self._fingers[1:], strokes[1:], strict=True):
            gear = bullet.createConstraint(
                self.body,
                self._fingers[0],
                self.body,
                finger,
                bullet.JOINT_GEAR,
                [1, 0, 0],
                [0, 0, 0],
                [0, 0, 0],
                physicsClientId=self._client,
            )
            bullet.changeConstraint(
                gear,
                gearRatio=-stroke / strokes[0],
                erp=0.2,
                maxForce=GEAR * gripper.force,
                physicsClientId=self._client,
            )

    def _hold_others(self) -> None:
        for joint, value in zip(self._held, self._held_at, strict=True):
            bullet.setJointMotorControl2(
                self.body,
                joint,
                bullet.POSITION_CONTROL,
                targetPosition=value,
                force=100.0,
                physicsClientId=self._client,
            )


def _load(spec: RobotSpec, client: int, self_collision: bool) -> int:
    """Load the URDF with mesh references that Bullet can open; its world is the base frame."""
    T = ArmModel(spec).T_base_root
    position, turn = T[:3, 3].tolist(), Rotation.from_matrix(T[:3, :3]).as_quat().tolist()
    tree = ET.parse(spec.urdf)
    for mesh in tree.getroot().iter("mesh"):
        file = resolve_uri(mesh.get("filename", ""), spec.urdf.parent)
        mesh.set("filename", str(file))
    with TemporaryDirectory() as folder:
        file = Path(folder) / spec.urdf.name
        tree.write(file)
        flags = bullet.URDF_MERGE_FIXED_LINKS | bullet.URDF_ENABLE_CACHED_GRAPHICS_SHAPES
        flags |= bullet.URDF_USE_SELF_COLLISION if self_collision else 0
        with quiet():
            body = bullet.loadURDF(
                str(file), position, turn, useFixedBase=True, flags=flags, physicsClientId=client
            )
    return int(body)
