"""Things that an arm moves about."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot.things import Thing
from robot_learning.sim.world import World, bullet

Array = NDArray[np.float64]
ALOFT = 10.0  # m
COLOURS = ((0.93, 0.45, 0.2, 1.0), (0.25, 0.5, 0.9, 1.0))


class Things:
    """Bodies in a :class:`World`, by name. Until they are placed they touch nothing."""

    def __init__(self, world: World, things: Sequence[Thing]) -> None:
        self._world = world
        self._things = tuple(things)
        self._client = {"physicsClientId": world.client}
        self._bodies = {
            thing.name: self._make(thing, COLOURS[number % len(COLOURS)])
            for number, thing in enumerate(things)
        }
        self.lift()

    def lift(self) -> None:
        """Take all things off the floor and out of reach; equal episodes then begin equally."""
        for number, name in enumerate(self._bodies):
            self.place(name, np.array([ALOFT, 0.0, ALOFT + number]))
        if self._bodies:
            self._world.forget_contacts()

    def place(self, name: str, position: Array, yaw: float = 0.0) -> None:
        """Put a thing at rest at ``position`` (3,), base frame, m, turned by ``yaw``, rad."""
        turn = bullet.getQuaternionFromEuler((0.0, 0.0, yaw))
        body = self._bodies[name]
        bullet.resetBasePositionAndOrientation(body, position.tolist(), turn, **self._client)
        bullet.resetBaseVelocity(body, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0), **self._client)

    def shift(self, mass: float, friction: float) -> None:
        """Make all things heavier and rougher by these factors than they were made."""
        for thing in self._things:
            bullet.changeDynamics(
                self._bodies[thing.name],
                -1,
                mass=mass * thing.mass,
                lateralFriction=friction * thing.friction,
                **self._client,
            )

    def positions(self) -> dict[str, Array]:
        """Return the position (3,) of each thing, base frame, m."""
        return {
            name: np.array(bullet.getBasePositionAndOrientation(body, **self._client)[0])
            for name, body in self._bodies.items()
        }

    def _make(self, thing: Thing, rgba: tuple[float, float, float, float]) -> int:
        half = [thing.width / 2, thing.width / 2, thing.height / 2]
        kind = {"shapeType": bullet.GEOM_BOX, "halfExtents": half, **self._client}
        shape = bullet.createCollisionShape(**kind)
        visual = bullet.createVisualShape(**kind, rgbaColor=rgba)
        body = int(bullet.createMultiBody(thing.mass, shape, visual, **self._client))
        bullet.changeDynamics(
            body, -1, lateralFriction=thing.friction, spinningFriction=0.001, **self._client
        )
        return body
