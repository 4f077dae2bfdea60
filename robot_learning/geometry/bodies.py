"""The arm as bodies that can be measured against each other and against shapes."""

from dataclasses import dataclass
from typing import NamedTuple

import coal
import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled
from robot_learning.geometry.capsules import Capsule, enclosing
from robot_learning.geometry.hulls import Body, read_bodies
from robot_learning.geometry.shapes import Shape
from robot_learning.kinematics.chain import link_poses, velocity_gradient
from robot_learning.kinematics.model import ArmModel
from robot_learning.robot.spec import RobotSpec

Array = NDArray[np.float64]
TIP = "tip"


@dataclass(frozen=True)
class Approach:
    """How near two bodies, or a body and a shape, are.

    Attributes:
        distance: m; negative where they overlap.
        gradient: (n,) change of the distance with each joint, m per joint unit.
        direction: (3,) unit vector of the shortest connection, from the first to the second; in
            the frame of the first's link, or in the base frame where the second is a shape.
    """

    distance: float
    gradient: Array
    direction: Array


# A body for compiled functions: joints between it and the base; where its corners start and stop
# and by how much their hull is grown, m; its capsule with all joints at 0 (start, end, radius) and
# the radius of the ball about the capsule's middle that holds it, m.
BODY = np.dtype(
    [
        ("link", np.int64),
        ("start", np.int64),
        ("stop", np.int64),
        ("radius", np.float64),
        ("capsule", np.float64, (7,)),
        ("ball", np.float64),
    ]
)


class ArmBodies:
    """Convex bodies of an arm, the capsules around them, and the tip as a body of its own.

    Attributes:
        bodies: the bodies; the tip, a point, is the last.
        capsules: the capsule around each body, all joints at 0, base frame.
        screws: (n, 7) the joints' axes.
        links: link of each body.
        table: (b,) the bodies for compiled functions, of type ``BODY``.
        points: (m, 3) corners of all bodies, one body after the other; base frame, m.
    """

    def __init__(self, spec: RobotSpec) -> None:
        self.spec = spec
        if spec.hash not in _READ:
            _READ[spec.hash] = _read(spec)
        read = _READ[spec.hash]
        self.screws, self.bodies, self.capsules, self.points, self.table, self._levers = read
        self.links = [body.link for body in self.bodies]
        self._zero = [np.ascontiguousarray(body.T_base_body) for body in self.bodies]
        self._request, self._result = coal.DistanceRequest(), coal.DistanceResult()
        self._poses = coal.Transform3s(), coal.Transform3s()

    @property
    def without_geometry(self) -> tuple[str, ...]:
        """Joints whose links have no collision geometry."""
        covered = {body.link for body in self.bodies if body.name != TIP}
        joints = enumerate(self.spec.joints, start=1)
        return tuple(joint for link, joint in joints if link not in covered)

    def named(self, name: str) -> list[int]:
        """Return the bodies of a link; empty where it has none."""
        return [index for index, body in enumerate(self.bodies) if body.name == name]

    def distance(self, first: int, second: "int | Shape", q: Array) -> float:
        """Return the distance of two bodies, or of a body and a shape, at ``q`` (n,), m."""
        one, two = self._poses
        T = body_pose(q, self.screws, self.links[first], self._zero[first])
        one.setTransform(T[:, :3], T[:, 3])
        if isinstance(second, Shape):
            shape, T = second.shape, second.T_base_shape
        else:
            shape = self.bodies[second].shape
            T = body_pose(q, self.screws, self.links[second], self._zero[second])
        two.setTransform(T[:3, :3], T[:3, 3])
        self._result.clear()
        coal.distance(self.bodies[first].shape, one, shape, two, self._request, self._result)
        return float(self._result.min_distance)

    def approach(self, first: int, second: "int | Shape", q: Array) -> Approach:
        """Return the distance, how it changes with the joints at ``q`` (n,), and where to."""
        distance = self.distance(first, second, q)
        normal = np.array(self._result.normal).ravel()
        link = self.links[first]
        point = np.array(self._result.getNearestPoint1()).ravel()
        gradient = -velocity_gradient(q, self.screws, point, link, normal)
        if isinstance(second, Shape):
            return Approach(distance, gradient, normal)
        point = np.array(self._result.getNearestPoint2()).ravel()
        gradient += velocity_gradient(q, self.screws, point, self.links[second], normal)
        return Approach(distance, gradient, into_link(q, self.screws, link, normal))

    def connection(self, first: int, second: "int | Shape", q: Array) -> Array:
        """Return the ends (2, 3) of the shortest connection of a pair at ``q`` (n,), m.

        Base frame; where the two overlap, the ends of the shortest way out.
        """
        self.distance(first, second, q)
        points = self._result.getNearestPoint1(), self._result.getNearestPoint2()
        return np.array([np.ravel(point) for point in points])

    def reach(self, first: int, second: "int | Shape") -> Array:
        """Return how far each joint can move points of a pair against each other (n,).

        In m per joint unit, at most, whatever the configuration.
        """
        if isinstance(second, Shape):
            return self.lever(first)
        near, far = sorted((first, second), key=lambda body: self.links[body])
        return self.lever(far, self.links[near])

    def lever(self, body: int, above: int = 0) -> Array:
        """Return the longest arm (n,) of a body about each joint after link ``above``, m.

        Neighbouring joints' distance is fixed, so the way along them bounds every lever.
        """
        if (body, above) not in self._levers:
            self._levers[body, above] = self._lever(body, above)
        return self._levers[body, above]

    def _lever(self, body: int, above: int) -> Array:
        link, out = self.links[body], np.zeros(self.spec.n)
        own = self.bodies[body]
        beyond = 0.0
        for k in reversed(range(link)):
            axis, origin, prismatic = self.screws[k, :3], self.screws[k, 3:6], self.screws[k, 6]
            points = own.points if k == link - 1 else self.screws[k + 1, None, 3:6]
            offsets = points - origin
            across = np.linalg.norm(np.cross(axis, offsets), axis=1).max()
            direct = np.linalg.norm(offsets, axis=1).max()
            if k == link - 1:
                across, direct = across + own.radius, direct + own.radius
            if k >= above:
                out[k] = 1.0 if prismatic else across + beyond
            beyond += direct
            if prismatic:
                beyond += max(abs(self.spec.lower[k]), abs(self.spec.upper[k]))
        return out


class _Read(NamedTuple):
    """What was read from a robot's files; see :class:`ArmBodies`."""

    screws: Array
    bodies: list[Body]
    capsules: list[Capsule]
    points: Array
    table: NDArray[np.void]
    levers: dict[tuple[int, int], Array]


# By the robot's hash: hulls take a second to make, and arms that share them share the caches.
_READ: dict[str, _Read] = {}


def _read(spec: RobotSpec) -> _Read:
    model = ArmModel(spec)
    tip = model.forward(np.zeros(spec.n))
    point = Body(TIP, spec.n, coal.Sphere(0.0), tip, tip[None, :3, 3], 0.0)
    bodies = [*read_bodies(spec), point]
    capsules = [enclosing(body.points, body.radius) for body in bodies]
    points = np.concatenate([body.points for body in bodies])
    return _Read(model.screws, bodies, capsules, points, _table(bodies, capsules), {})


def _table(bodies: list[Body], capsules: list[Capsule]) -> NDArray[np.void]:
    table = np.zeros(len(bodies), dtype=BODY)
    stop = 0
    for row, body, capsule in zip(table, bodies, capsules, strict=True):
        row["start"], row["stop"] = stop, stop + len(body.points)
        row["link"], row["radius"] = body.link, body.radius
        row["capsule"] = [*capsule.start, *capsule.end, capsule.radius]
        row["ball"] = capsule.radius + capsule.length / 2
        stop += len(body.points)
    return table


@compiled
def body_pose(q: Array, screws: Array, link: int, zero: Array) -> Array:
    """Return the pose (3, 4) of a body of ``link`` whose pose with all joints at 0 is ``zero``."""
    T = link_poses(q[:link], screws[:link])[link]
    out = np.empty((3, 4))
    for i in range(3):
        for j in range(4):
            out[i, j] = T[i, 3] if j == 3 else 0.0
            for k in range(3):
                out[i, j] += T[i, k] * zero[k, j]
    return out


@compiled
def into_link(q: Array, screws: Array, link: int, direction: Array) -> Array:
    """Return a direction (3,) of the base frame in the frame of ``link``."""
    T, out = link_poses(q[:link], screws[:link])[link], np.zeros(3)
    for i in range(3):
        for j in range(3):
            out[i] += T[j, i] * direction[j]
    return out
