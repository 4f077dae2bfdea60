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
        self._held = [index[name] for name in spec.hold]
        self._held_at = list(spec.hold.values())
        self._forces = [info[i][10] or MAX_FORCE for i in self._joints]
        self._gains = [POSITION_GAIN] * spec.n, [VELOCITY_GAIN] * spec.n
        self._time = 0.0

    def reset(self, q: Array) -> ArmState:
        """Put the arm at rest at ``q`` (n,) and its clock to 0."""
        self._time = 0.0
        for joint, value in [
            *zip(self._joints, q, strict=True),
            *zip(self._held, self._held_at, strict=True),
        ]:
            bullet.resetJointState(
                self.body, joint, float(value), 0.0, physicsClientId=self._client
            )
        self._hold_others()
        self.drive(np.asarray(q), np.zeros(self.spec.n))
        return self.state()

    def step(self, trajectory: Trajectory, dt: float) -> ArmState:
        """Follow ``trajectory`` for ``dt`` s of physics and return the state then."""
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
