"""A simulated arm whose joints follow position and velocity targets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet.loading import load_body
from robot_learning.worlds.bullet.server import Server, bullet, quiet
from robot_learning.worlds.lag import Lag

Array = NDArray[np.float64]
STIFFNESS = 50.0  # 1/s, at which the motors take back a position error
# The longest physics step of an arm that touches nothing, s: where it is exact, and where it lags
# with the step, by its motors, its damping or the solver of `cone_friction`.
EXACT, LAGGING = 0.04, 0.02
FINGER_FRICTION = 1.0
GEAR = 10.0  # times the gripper's force that keeps its joints together
DAMPED = 0.5  # of a joint's speed, the most that damping may take in a physics step
MAX_FORCE = 1e6  # N m or N, where the URDF gives no effort limit


class BulletArm:
    """An arm, simulated in a :class:`Server`.

    Args:
        server: where it is simulated.
        spec: the robot.
        gripper: let its gripper move; where not, it is part of the last link, as the robot's
            `hold` says, which halves the time of a physics step.
        self_collision: let its links touch each other.
        merge: make one body of what is fixed to each other; see :func:`load_body`.

    Attributes:
        finger_joints: names of the gripper's joints, where it moves.
        opening: of the gripper when the state was last read; 0 where none moves.
        fingers: positions and velocities (2, k) of its joints then, rad or m, and per s.
        longest: physics step that simulates it well while it touches nothing, s.
    """

    def __init__(
        self,
        server: Server,
        spec: RobotSpec,
        *,
        gripper: bool = False,
        self_collision: bool = False,
        merge: bool = True,
    ) -> None:
        self.server = server
        self.spec = spec
        self._client = server.client
        server.pull_along(ArmModel(spec).gravity)
        self._gripper = spec.gripper if gripper else None
        self.finger_joints = own = self._gripper.joints if self._gripper else ()
        fixed = {name: value for name, value in spec.hold.items() if name not in own}
        self.body = load_body(
            spec, fixed, self._client, self_collision=self_collision, merge=merge
        )
        count = bullet.getNumJoints(self.body, physicsClientId=self._client)
        info = [
            bullet.getJointInfo(self.body, i, physicsClientId=self._client) for i in range(count)
        ]
        index = {item[1].decode(): item[0] for item in info}
        self._joints = [index[name] for name in spec.joints]
        self._effort = [info[i][10] or MAX_FORCE for i in self._joints]
        self._lag = Lag()
        self._set_motors(1.0, 1.0)
        self.longest = EXACT if server.exact else LAGGING
        self._nominal = [
            bullet.getDynamicsInfo(self.body, link, physicsClientId=self._client)
            for link in range(count)
        ]
        self._time = 0.0
        self._change = np.zeros(spec.n)
        self.opening = 0.0
        self.fingers = np.zeros((2, len(own)))
        self._fingers = [index[name] for name in own]
        self._read = self._joints + self._fingers
        self._couple()
        self._bearable = self._bearable_damping(info)
        closed = self._joints[-1:] if spec.gripper else []
        for link in self._fingers or closed:
            bullet.changeDynamics(
                self.body,
                link,
                lateralFriction=FINGER_FRICTION,
                spinningFriction=0.001,
                physicsClientId=self._client,
            )

    def reset(self, q: Array, opening: float = 0.0) -> ArmState:
        """Put the arm at rest at ``q`` (n,), its gripper at ``opening``, and its clock to 0."""
        self._time, self._change = 0.0, np.zeros(self.spec.n)
        self._lag.reset()
        self.place(np.asarray(q, dtype=np.float64))
        if self._gripper is not None:
            self.put_fingers(self._gripper.positions(opening))
            self.grip(opening)
        self.drive(np.asarray(q), np.asarray(q))
        return self.state()

    def put_fingers(self, positions: Array) -> ArmState:
        """Put the gripper's joints at rest at ``positions`` (k,), wherever they are sent."""
        if self._gripper is not None and len(positions):
            bullet.resetJointStatesMultiDof(
                self.body,
                self._fingers,
                [[value] for value in positions],
                physicsClientId=self._client,
            )
        return self.state()

    def step(self, trajectory: Trajectory, dt: float, opening: float | None = None) -> ArmState:
        """Follow ``trajectory`` for ``dt`` s of physics and return the state then.

        What Bullet calls the velocity after a step is the mean of that step. A joint also changes
        its velocity from there to the end of the step, as it is asked to.
        """
        if opening is not None:
            self.grip(opening)
        physics_dt = self.server.physics_dt
        steps = trajectory.steps(round(dt / physics_dt), physics_dt)
        steps = self._lag.follow(steps, physics_dt)
        for target, velocity in steps[:-1].tolist():
            self._drive(target, velocity)
            self.server.step()
        self._change = steps[-1, 1] - steps[-2, 1]
        self._time += dt
        return self.state()

    def vary(
        self,
        *,
        link_mass: float = 1.0,
        payload: float = 0.0,
        damping: float = 0.0,
        motor_gain: float = 1.0,
        motor_lag: float = 0.0,
        motor_force: float = 1.0,
    ) -> None:
        """Make the arm differ from its URDF; without arguments it is as the URDF says.

        Args:
            link_mass: times the masses and inertias of the moving links.
            payload: mass added at the centre of the last joint's link, kg.
            damping: of the joints, N m s/rad or N s/m; a light joint gets as much as it bears.
            motor_gain: times the motors' gains.
            motor_lag: time constant of their first-order lag, s.
            motor_force: times their largest forces.
        """
        self._set_motors(motor_gain, motor_force)
        self._lag.constant = motor_lag
        ideal = (damping, motor_gain, motor_force, motor_lag) == (0.0, 1.0, 1.0, 0.0)
        self.longest = EXACT if ideal and self.server.exact else LAGGING
        for link, nominal in enumerate(self._nominal):
            mass, inertia = link_mass * nominal[0], link_mass * np.array(nominal[2])
            bullet.changeDynamics(
                self.body,
                link,
                mass=mass + (payload if link == self._joints[-1] else 0.0),
                localInertiaDiagonal=inertia.tolist(),
                jointDamping=min(damping, link_mass * self._bearable.get(link, 0.0)),
                physicsClientId=self._client,
            )

    def _bearable_damping(self, info: Sequence[Any]) -> dict[int, float]:
        """Return the most damping that each joint bears, N m s/rad or N s/m.

        Bullet integrates damping explicitly. That diverges where the damping times the physics
        step is more than twice the joint's inertia, which is taken at home, all others free.
        """
        moving = [item[0] for item in info if item[2] != bullet.JOINT_FIXED]
        home = dict(zip(self._joints, self.spec.home.tolist(), strict=True))
        q = [home.get(joint, 0.0) for joint in moving]
        try:
            with quiet():
                M = bullet.calculateMassMatrix(self.body, q, physicsClientId=self._client)
        except SystemError:
            # It wants moments symmetric to 1e-15 kg m², which those of heavy links are not.
            return {}
        inertia = 1 / np.diag(np.linalg.inv(M))
        most = DAMPED * inertia / max(self.server.physics_dt, LAGGING)
        return dict(zip(moving, most.tolist(), strict=True))

    def _set_motors(self, gain: float, force: float) -> None:
        self._gains = [gain] * len(self._joints)
        self._forces = [force * effort for effort in self._effort]

    def place(self, q: Array) -> None:
        """Put the joints at rest at ``q`` (n,) and nothing else."""
        bullet.resetJointStatesMultiDof(
            self.body, self._joints, [[value] for value in q], physicsClientId=self._client
        )

    def drive(self, q: Array, q_next: Array) -> None:
        """Set the motors to move from ``q``, where the arm should be, to ``q_next`` (n,).

        That is the way of the next physics step. Bullet's motors reach the velocity asked for at
        once and add to it what corrects the position before the step, not after it.
        """
        self._drive(q.tolist(), ((q_next - q) / self.server.physics_dt).tolist())

    def _drive(self, q: list[float], qd: list[float]) -> None:
        stiffness = min(STIFFNESS * self.server.physics_dt, 1.0)
        bullet.setJointMotorControlArray(
            self.body,
            self._joints,
            bullet.POSITION_CONTROL,
            targetPositions=q,
            targetVelocities=qd,
            forces=self._forces,
            positionGains=[stiffness * gain for gain in self._gains],
            velocityGains=self._gains,
            physicsClientId=self._client,
        )

    def grip(self, opening: float) -> None:
        """Send the gripper to ``opening``, 0 closed to 1 open."""
        gripper = self._gripper
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

    def state(self) -> ArmState:
        """Return the measured state; its stamp is the time simulated since the reset, s."""
        states = bullet.getJointStates(self.body, self._read, physicsClientId=self._client)
        positions, velocities, _, _ = zip(*states, strict=True)
        both = np.array((positions, velocities))
        n = self.spec.n
        if self._gripper is not None:
            self.fingers = both[:, n:].copy()
            self.opening = self._gripper.opening(self.fingers[0])
        both[1, :n] += self._change
        both.flags.writeable = False  # or `ArmState` makes copies
        return ArmState(both[0, :n], both[1, :n], self._time)

    def touches_floor(self) -> bool:
        """Say whether a moving link is in contact with the floor now."""
        bullet.performCollisionDetection(physicsClientId=self._client)
        contacts = bullet.getContactPoints(
            self.body, self.server.floor, physicsClientId=self._client
        )
        return any(contact[3] >= min(self._joints) for contact in contacts)

    def _couple(self) -> None:
        """Join the gripper's joints to the first of them, as gears do."""
        gripper = self._gripper
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
