"""A PyBullet world: clock, floor, markers, camera."""

import contextlib
import ctypes
import os
import sys
import weakref
from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from robot_learning.base.errors import ConfigError
from robot_learning.worlds.camera import FLOOR, MARK, Colour
from robot_learning.worlds.display import window_problem
from robot_learning.worlds.gravity import pull, up_frame


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what Bullet's C code prints at load time off the terminal."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = os.dup(1), os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    try:
        yield
    finally:
        ctypes.CDLL(None).fflush(None)
        for target, copy in enumerate(saved, start=1):
            os.dup2(copy, target)
            os.close(copy)
        os.close(null)


with quiet():
    import pybullet as bullet

__all__ = ["PHYSICS_DT", "Server", "bullet", "quiet"]

PHYSICS_DT = 0.004  # s
HIDDEN = (0.0, 0.0, -20.0)  # m


def _disconnect(client: int) -> None:
    with quiet(), contextlib.suppress(bullet.error):  # whose server may be gone at exit
        bullet.disconnect(physicsClientId=client)


class Server:
    """One physics server with gravity and a floor at z = 0.

    Args:
        gui: open PyBullet's window.
        physics_dt: time of one physics step, s.
        floor: height of the floor in the base frame, m.
        floor_friction: its coefficient; two surfaces have the product of theirs.
        cone_friction: let friction be the same in all directions; else it is up to 1.41 times as
            large, along a diagonal of the base's axes. The solver that can do so lets an arm lag
            by up to 1.5 mrad at 8 ms; the other one is exact.

    Attributes:
        exact: whether the solver is.
    """

    def __init__(
        self,
        *,
        gui: bool = False,
        physics_dt: float = PHYSICS_DT,
        floor: float = 0.0,
        floor_friction: float = 1.0,
        cone_friction: bool = False,
    ) -> None:
        if gui and (problem := window_problem()):
            raise ConfigError(f"{problem}; unset DISPLAY to go without a window")
        with quiet():
            self.client = bullet.connect(bullet.GUI if gui else bullet.DIRECT)
        if self.client < 0:
            raise ConfigError("PyBullet can't begin a world: close some, or run without a window")
        # Whoever forgets to close a world must not keep its server, of which there are 1024.
        self._end = weakref.finalize(self, _disconnect, self.client)
        self.gui = gui
        self.physics_dt, self.exact = physics_dt, not cone_friction
        self._markers: dict[str, int] = {}
        with quiet():
            bullet.setPhysicsEngineParameter(
                enableConeFriction=int(cone_friction), physicsClientId=self.client
            )
            bullet.setPhysicsEngineParameter(
                fixedTimeStep=physics_dt,
                constraintSolverType=(
                    bullet.CONSTRAINT_SOLVER_LCP_SI
                    if cone_friction
                    else bullet.CONSTRAINT_SOLVER_LCP_DANTZIG
                ),
                deterministicOverlappingPairs=1,
                physicsClientId=self.client,
            )
        self._R_base_up = np.eye(3)
        self.tilt_gravity(0.0, 0.0)
        if gui:
            bullet.configureDebugVisualizer(bullet.COV_ENABLE_GUI, 0, physicsClientId=self.client)
        self.floor = self._make_floor(floor)
        bullet.changeDynamics(
            self.floor, -1, lateralFriction=floor_friction, physicsClientId=self.client
        )

    def tilt_gravity(self, angle: float, heading: float) -> None:
        """Let gravity pull ``angle`` rad off where it does at rest, toward ``heading``, rad."""
        found = pull(self._R_base_up, angle, heading)
        bullet.setGravity(*found.tolist(), physicsClientId=self.client)

    def pull_along(self, direction: ArrayLike) -> None:
        """Let gravity pull along a unit vector (3,), base frame."""
        self._R_base_up = up_frame(direction)
        self.tilt_gravity(0.0, 0.0)

    def forget_contacts(self) -> None:
        """Make the solver forget what touched, so far as it touches no more."""
        bullet.performCollisionDetection(physicsClientId=self.client)

    def pace(self, physics_dt: float) -> None:
        """Let a physics step take ``physics_dt`` s from now on."""
        if physics_dt != self.physics_dt:
            bullet.setTimeStep(physics_dt, physicsClientId=self.client)
            self.physics_dt = physics_dt

    def step(self) -> None:
        """Advance the physics by ``physics_dt``."""
        bullet.stepSimulation(physicsClientId=self.client)

    def set_marker(
        self,
        name: str,
        position: ArrayLike,
        radius: float = 0.02,
        rgba: Colour = MARK,
    ) -> None:
        """Show a sphere without mass at ``position`` (3,), base frame, m."""
        centre = [float(value) for value in np.asarray(position)]
        if name not in self._markers:
            shape = bullet.createVisualShape(
                bullet.GEOM_SPHERE, radius=radius, rgbaColor=rgba, physicsClientId=self.client
            )
            self._markers[name] = bullet.createMultiBody(
                baseVisualShapeIndex=shape, physicsClientId=self.client
            )
        bullet.resetBasePositionAndOrientation(
            self._markers[name], centre, (0, 0, 0, 1), physicsClientId=self.client
        )

    def hide_markers(self) -> None:
        """Take all markers out of sight."""
        for name in self._markers:
            self.set_marker(name, HIDDEN)

    def close(self) -> None:
        """End the physics server."""
        self._end()
        self.client = -1

    def _make_floor(self, height: float) -> int:
        half = [3.0, 3.0, 0.05]
        collision = bullet.createCollisionShape(
            bullet.GEOM_BOX, halfExtents=half, physicsClientId=self.client
        )
        visual = bullet.createVisualShape(
            bullet.GEOM_BOX,
            halfExtents=half,
            rgbaColor=FLOOR,
            physicsClientId=self.client,
        )
        return int(
            bullet.createMultiBody(
                0,
                collision,
                visual,
                (0, 0, height - half[2]),
                useMaximalCoordinates=True,
                physicsClientId=self.client,
            )
        )
