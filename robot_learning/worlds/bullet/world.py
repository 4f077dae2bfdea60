"""An arm, the objects that it moves and the floor, simulated in PyBullet."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from robot_learning.base.objects import ObjectSpec
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Input, Scene, Snapshot, Start
from robot_learning.robot import RobotSpec
from robot_learning.worlds.agreement import agree
from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.camera import look
from robot_learning.worlds.bullet.objects import Objects
from robot_learning.worlds.bullet.reading import disagreements
from robot_learning.worlds.bullet.server import Server
from robot_learning.worlds.camera import Camera, Picture
from robot_learning.worlds.variation import Variation
from robot_learning.worlds.world import World


class BulletWorld(World):
    """The world that policies are trained in.

    Args:
        spec: the robot.
        objects: what it moves.
        gripper: let its gripper move.
        floor_friction: coefficient of the floor.
        physics_dt: longest physics step, s; a whole number of them makes a control period. While
            none of the objects moves and the arm is near none, it may be as long as the arm's own.
        gui: open PyBullet's window.

    Raises:
        ConfigError: where Bullet reads the robot's files differently than Pinocchio and coal.
    """

    varies = True
    visible = True

    def __init__(
        self,
        spec: RobotSpec,
        objects: Sequence[ObjectSpec] = (),
        *,
        gripper: bool = False,
        floor_friction: float = 1.0,
        physics_dt: float = 0.02,
        gui: bool = False,
    ) -> None:
        self._longest, self._begun = physics_dt, False
        self.server = Server(
            gui=gui,
            physics_dt=_whole(spec.control_period, physics_dt),
            floor=spec.safety.floor,
            floor_friction=floor_friction,
            cone_friction=bool(objects),
        )
        self.arm = BulletArm(self.server, spec, gripper=gripper)
        agree(disagreements(self.arm))
        self.objects = Objects(self.server, objects)
        self._gripper = gripper

    def reset(self, start: Start) -> Snapshot:
        """See :class:`~robot_learning.worlds.world.World`."""
        state = self.arm.reset(start.q, start.opening)
        self._begun = bool(
            start.places or start.scene
        )  # Objects have to settle, and may be in the gripper.
        self.objects.lift()
        for name, place in start.places.items():
            self.objects.place(name, *place)
        if start.scene is not None:
            state = self.arm.put_fingers(start.scene.fingers)
            for name, body in start.scene.bodies.items():
                self.objects.put(name, body[:7], body[7:])
        return self._snapshot(state)

    def scene(self) -> Scene:
        """See :class:`~robot_learning.worlds.world.World`."""
        return Scene(self.objects.bodies(), self.arm.fingers[0].copy())

    def step(self, motion: Trajectory, dt: float, opening: float | None = None) -> Snapshot:
        """See :class:`~robot_learning.worlds.world.World`."""
        alone = not (self._begun or self.objects.in_play(self.arm.body))
        self._begun = False
        longest = max(self._longest, self.arm.longest) if alone else self._longest
        self.server.pace(_whole(dt, longest))
        return self._snapshot(self.arm.step(motion, dt, opening))

    def vary(self, variation: Variation, rng: np.random.Generator) -> None:
        """See :class:`~robot_learning.worlds.world.World`."""
        self.arm.vary(
            link_mass=variation.link_mass,
            payload=variation.payload,
            damping=variation.damping,
            motor_gain=variation.motor_gain,
            motor_lag=variation.motor_lag,
            motor_force=variation.motor_force,
        )
        self.objects.vary(variation.object_mass, variation.friction)
        self.server.tilt_gravity(variation.gravity_tilt, rng.uniform(-np.pi, np.pi))

    def look(self, camera: Camera) -> Picture:
        """See :class:`~robot_learning.worlds.world.World`."""
        return look(self.server, camera)

    def mark(self, name: str, position: ArrayLike, radius: float) -> None:
        """See :class:`~robot_learning.worlds.world.World`."""
        self.server.set_marker(name, position, radius)

    def hide_marks(self) -> None:
        """See :class:`~robot_learning.worlds.world.World`."""
        self.server.hide_markers()

    def close(self) -> None:
        """End the physics server."""
        self.server.close()

    def _snapshot(self, state: ArmState) -> Snapshot:
        values = self.objects.positions()
        if self._gripper:
            values["gripper_opening"] = np.array([self.arm.opening])
        return Snapshot(state, {name: Input(value, state.stamp) for name, value in values.items()})


def _whole(dt: float, longest: float) -> float:
    """Return the largest whole part of ``dt``, s, that is no longer than ``longest``."""
    return dt / math.ceil(dt / longest)
