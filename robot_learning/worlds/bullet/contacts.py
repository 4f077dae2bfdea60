"""What Bullet finds in contact at a configuration; nothing is simulated."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.server import Server, bullet

Array = NDArray[np.float64]
BASE = -1  # Bullet's index of the link that does not move
TRIALS = 200  # random configurations that show which links always touch


class Contact(NamedTuple):
    """Two objects that overlap.

    Attributes:
        first: a link.
        second: another link, a solid or the floor.
        depth: how far they overlap, m.
    """

    first: str
    second: str
    depth: float


class Contacts:
    """An arm in a scene, for Bullet's own contact query.

    Left out are links that one joint joins, or none, those that the robot's file lets touch
    (`safety.may_touch`), and those that overlap in every one of many configurations.

    Args:
        spec: the robot.
        solids: what stands around it besides the floor.

    Attributes:
        ignored: pairs of links that are left out although they are not neighbours.
    """

    def __init__(self, spec: RobotSpec, solids: Sequence[Solid] = ()) -> None:
        self.spec = spec
        self.server = Server(floor=spec.safety.floor)
        self._arm = BulletArm(self.server, spec, gripper=True, self_collision=True, merge=False)
        self._client = {"physicsClientId": self.server.client}
        body = self._arm.body
        self._around = {self.server.floor: "floor"}
        self._around.update({self._add(solid): solid.name for solid in solids})
        count = bullet.getNumJoints(body, **self._client)
        info = [bullet.getJointInfo(body, joint, **self._client) for joint in range(count)]
        base = bullet.getBodyInfo(body, **self._client)[0].decode()
        self._names = {BASE: base} | {item[0]: item[12].decode() for item in info}
        self._above = _joints_above(spec, info)
        self._leave_out(self._joined() | self._allowed())
        self._arm.reset(spec.home)
        always = self._always()
        self.ignored = [(self._names[a], self._names[b]) for a, b in map(sorted, always)]
        self._leave_out(always)

    def at(self, q: Array) -> list[Contact]:
        """Return what overlaps at ``q`` (n,)."""
        found = [
            Contact(self._names[a], self._names[b], -distance) for a, b, distance in self._own(q)
        ]
        for other, name in self._around.items():
            points = bullet.getContactPoints(self._arm.body, other, **self._client)
            found += [
                Contact(self._names[point[3]], name, -point[8])
                for point in points
                if point[8] < 0 and self._above[point[3]] > 0
            ]
        return found

    def close(self) -> None:
        """End the physics server."""
        self.server.close()

    def _own(self, q: Array) -> list[tuple[int, int, float]]:
        self._arm.place(q)
        bullet.performCollisionDetection(**self._client)
        points = bullet.getContactPoints(self._arm.body, self._arm.body, **self._client)
        return [(point[3], point[4], point[8]) for point in points if point[8] < 0]

    def _always(self) -> set[frozenset[int]]:
        rng = np.random.default_rng(0)
        always: set[frozenset[int]] | None = None
        for _ in range(TRIALS):
            touching = {frozenset((a, b)) for a, b, _ in self._own(_anywhere(self.spec, rng))}
            always = touching if always is None else always & touching
        return always or set()

    def _joined(self) -> set[frozenset[int]]:
        """Return the pairs of links with one moving joint of the chain between them, or none."""
        return {
            frozenset((a, b))
            for a, b in combinations(self._above, 2)
            if abs(self._above[a] - self._above[b]) <= 1
        }

    def _allowed(self) -> set[frozenset[int]]:
        link = {name: number for number, name in self._names.items()}
        pairs = self.spec.safety.may_touch
        return {frozenset((link[a], link[b])) for a, b in pairs if a in link and b in link}

    def _leave_out(self, pairs: set[frozenset[int]]) -> None:
        for a, b in map(sorted, pairs):
            bullet.setCollisionFilterPair(self._arm.body, self._arm.body, a, b, 0, **self._client)

    def _add(self, solid: Solid) -> int:
        T = solid.matrix()
        if solid.box is not None:
            half = [edge / 2 for edge in solid.box]
            shape = bullet.createCollisionShape(bullet.GEOM_BOX, halfExtents=half, **self._client)
        elif solid.sphere is not None:
            shape = bullet.createCollisionShape(
                bullet.GEOM_SPHERE, radius=solid.sphere, **self._client
            )
        elif solid.capsule is not None:
            radius, length = solid.capsule
            shape = bullet.createCollisionShape(
                bullet.GEOM_CAPSULE, radius=radius, height=length, **self._client
            )
        else:
            shape = bullet.createCollisionShape(
                bullet.GEOM_PLANE, planeNormal=list(solid.half_space or ()), **self._client
            )
        pose = bullet.getQuaternionFromEuler(list(solid.rpy))
        return int(bullet.createMultiBody(0, shape, -1, T[:3, 3].tolist(), pose, **self._client))


def _joints_above(spec: RobotSpec, info: Sequence[Sequence[Any]]) -> dict[int, int]:
    """Return how many joints of the chain move each link, by Bullet's numbers of the links."""
    above = {BASE: 0}
    for item in info:
        above[item[0]] = above[item[16]] + (item[1].decode() in spec.joints)
    return above


def _anywhere(spec: RobotSpec, rng: np.random.Generator) -> Array:
    return rng.uniform(spec.lower, spec.upper)
