"""What Bullet has read of a robot, to be compared with what others read."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.server import Server, bullet

Array = NDArray[np.float64]
FAR = 2000.0  # m; from there an arm is seen as from infinity, to 0.2 mm


class ReadLink(NamedTuple):
    """A moving link in Bullet.

    Attributes:
        name: of the joint that moves it.
        origin: (3,) of its frame, base frame, m.
        mass: kg.
        centre: (3,) of mass, frame of the link, m.
        stops: positions at which Bullet stops the joint, rad or m; None where it does not.
        extent: (k,) how far it reaches along each direction asked for, base frame, m; nan where
            it has no shape.
    """

    name: str
    origin: Array
    mass: float
    centre: Array
    stops: tuple[float, float] | None
    extent: Array


def read_links(
    spec: RobotSpec, configurations: Sequence[Array], directions: Array
) -> list[list[ReadLink]]:
    """Return the links of the chain's joints, in order, as Bullet has them, by configuration.

    Args:
        spec: the robot.
        configurations: (n,) each.
        directions: (k, 3) unit vectors of the base frame.
    """
    server = Server(floor=-2 * FAR)
    try:
        arm = BulletArm(server, spec)
        balls = [_ball(server.client, direction) for direction in directions]
        count = bullet.getNumJoints(arm.body, physicsClientId=server.client)
        info = [
            bullet.getJointInfo(arm.body, link, physicsClientId=server.client)
            for link in range(count)
        ]
        links = {item[1].decode(): item[0] for item in info}
        found = []
        for q in configurations:
            arm.reset(q)
            known = [info[links[name]] for name in spec.joints if name in links]
            found.append([_link(arm, item, balls) for item in known])
        return found
    finally:
        server.close()


def _link(arm: BulletArm, info: tuple[object, ...], balls: list[int]) -> ReadLink:
    client, link = {"physicsClientId": arm.server.client}, info[0]
    state = bullet.getLinkState(arm.body, link, computeForwardKinematics=True, **client)
    mass, _, _, centre, turn = bullet.getDynamicsInfo(arm.body, link, **client)[:5]
    name, lower, upper = info[1], float(str(info[8])), float(str(info[9]))
    assert isinstance(name, bytes)
    extent = [_reach(arm, link, ball) for ball in balls]
    return ReadLink(
        name.decode(),
        np.array(state[4]),
        mass,
        np.array(centre),
        (lower, upper) if lower <= upper else None,
        np.array(extent),
    )


def _ball(client: int, direction: Array) -> int:
    """Put a ball of ``FAR`` m at twice that along a direction, and return its number."""
    shape = bullet.createCollisionShape(bullet.GEOM_SPHERE, radius=FAR, physicsClientId=client)
    place = (2 * FAR * direction).tolist()
    return int(bullet.createMultiBody(0, shape, -1, place, physicsClientId=client))


def _reach(arm: BulletArm, link: object, ball: int) -> float:
    points = bullet.getClosestPoints(
        arm.body, ball, 2 * FAR, linkIndexA=link, physicsClientId=arm.server.client
    )
    return FAR - min(point[8] for point in points) if points else float("nan")
