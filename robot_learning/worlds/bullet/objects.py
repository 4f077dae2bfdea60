"""Objects that an arm moves about."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.objects import ObjectSpec
from robot_learning.worlds.bullet.server import Server, bullet
from robot_learning.worlds.camera import OBJECTS, Colour

Array = NDArray[np.float64]
ALOFT = 10.0  # m
REST = np.zeros(6)
STILL = 5e-3, 5e-2  # m/s and rad/s; slower is at rest
NEAR = 0.04  # m; the fastest action of a tip brings it 3.5 cm nearer in a period of 40 ms


class Objects:
    """Bodies in a :class:`Server`, by name. Until they are placed they touch nothing."""

    def __init__(self, server: Server, objects: Sequence[ObjectSpec]) -> None:
        self._server = server
        self._objects = tuple(objects)
        self._client = {"physicsClientId": server.client}
        self._bodies = {
            item.name: self._make(item, OBJECTS[number % len(OBJECTS)])
            for number, item in enumerate(objects)
        }
        self.lift()

    def lift(self) -> None:
        """Take all objects off the floor and out of reach; equal episodes then begin equally."""
        for number, name in enumerate(self._bodies):
            self.place(name, np.array([ALOFT, 0.0, ALOFT + number]))
        if self._bodies:
            self._server.forget_contacts()

    def place(self, name: str, position: Array, yaw: float = 0.0) -> None:
        """Put an object at rest at ``position`` (3,), base frame, m, turned by ``yaw``, rad."""
        self.put(name, np.array([*position, *bullet.getQuaternionFromEuler((0.0, 0.0, yaw))]))

    def put(self, name: str, pose: Array, twist: Array = REST) -> None:
        """Put an object at a pose (7,) as :meth:`poses` returns it, moving at a twist (6,)."""
        body, (position, turn) = self._bodies[name], np.split(pose, [3])
        bullet.resetBasePositionAndOrientation(
            body, position.tolist(), turn.tolist(), **self._client
        )
        bullet.resetBaseVelocity(body, twist[:3].tolist(), twist[3:].tolist(), **self._client)

    def vary(self, mass: float, friction: float) -> None:
        """Make all objects heavier and rougher by these factors than they were made."""
        for item in self._objects:
            bullet.changeDynamics(
                self._bodies[item.name],
                -1,
                mass=mass * item.mass,
                lateralFriction=friction * item.friction,
                **self._client,
            )

    def in_play(self, arm: int) -> bool:
        """Say whether an object moves, or the body ``arm`` may soon touch one."""
        for item in self._objects:
            body = self._bodies[item.name]
            velocity, turning = bullet.getBaseVelocity(body, **self._client)
            if max(map(abs, velocity)) > STILL[0] or max(map(abs, turning)) > STILL[1]:
                return True
            if self._in_reach(arm, body):
                return True
        return False

    def _in_reach(self, arm: int, body: int) -> bool:
        """Say whether the body ``arm`` is near another, looking at the boxes about them first."""
        lower, upper = bullet.getAABB(body, -1, **self._client)
        around = bullet.getOverlappingObjects(
            [value - NEAR for value in lower], [value + NEAR for value in upper], **self._client
        )
        if all(found[0] != arm for found in around or ()):
            return False
        return bool(bullet.getClosestPoints(arm, body, NEAR, **self._client))

    def positions(self) -> dict[str, Array]:
        """Return the position (3,) of each item, base frame, m."""
        return {
            name: np.array(bullet.getBasePositionAndOrientation(body, **self._client)[0])
            for name, body in self._bodies.items()
        }

    def poses(self) -> dict[str, Array]:
        """Return the pose (7,) of each item, base frame: position, m, quaternion (x, y, z, w)."""
        return {
            name: np.concatenate(bullet.getBasePositionAndOrientation(body, **self._client))
            for name, body in self._bodies.items()
        }

    def bodies(self) -> dict[str, Array]:
        """Return pose and twist (13,) of each item, as a scene has them."""
        return {
            name: np.concatenate(
                [pose, *bullet.getBaseVelocity(self._bodies[name], **self._client)]
            )
            for name, pose in self.poses().items()
        }

    def _make(self, item: ObjectSpec, rgba: Colour) -> int:
        body = int(bullet.createMultiBody(item.mass, *self._shapes(item, rgba), **self._client))
        bullet.changeDynamics(
            body,
            -1,
            lateralFriction=item.friction,
            spinningFriction=0.001,
            linearDamping=0.0,
            angularDamping=0.0,
            **self._client,
        )
        return body

    def _shapes(self, item: ObjectSpec, rgba: Colour) -> tuple[int, int]:
        """Return Bullet's numbers of what an object touches with, and of what it looks like."""
        middles = [list(middle) for middle, _ in item.boxes]
        halves = [[edge / 2 for edge in edges] for _, edges in item.boxes]
        if len(halves) == 1:
            kind = {"shapeType": bullet.GEOM_BOX, "halfExtents": halves[0], **self._client}
            shape = bullet.createCollisionShape(**kind)
            return shape, bullet.createVisualShape(**kind, rgbaColor=rgba)
        kinds = {"shapeTypes": [bullet.GEOM_BOX] * len(halves), "halfExtents": halves}
        shape = bullet.createCollisionShapeArray(
            **kinds, collisionFramePositions=middles, **self._client
        )
        visual = bullet.createVisualShapeArray(
            **kinds,
            visualFramePositions=middles,
            rgbaColors=[list(rgba)] * len(halves),
            **self._client,
        )
        return shape, visual
