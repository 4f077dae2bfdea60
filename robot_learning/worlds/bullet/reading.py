"""What Bullet has read of a robot, to be compared with what others read."""

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from robot_learning.worlds import agreement
from robot_learning.worlds.agreement import DIRECTIONS, ReadLink
from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.loading import moments_fit
from robot_learning.worlds.bullet.server import bullet

Array = NDArray[np.float64]
FAR = 2000.0  # m; from there an arm is seen as from infinity, to 0.2 mm


def disagreements(arm: BulletArm) -> list[str]:
    """Return one line for each thing that Bullet reads differently; the joints end at 0."""
    client = {"physicsClientId": arm.server.client}
    ball = bullet.createCollisionShape(bullet.GEOM_SPHERE, radius=FAR, **client)
    found = agreement.disagreements(
        arm.spec, "Bullet", arm.finger_joints, lambda q: read_links(arm, q, ball)
    )
    arm.place(np.zeros(arm.spec.n))
    return found


def read_links(arm: BulletArm, q: Array, ball: int) -> list[ReadLink]:
    """Put the chain at ``q`` (n,) and return the links below the joints that move.

    ``ball`` is Bullet's number of a sphere of ``FAR`` m.
    """
    arm.place(q)
    client = {"physicsClientId": arm.server.client}
    count = bullet.getNumJoints(arm.body, **client)
    info = [bullet.getJointInfo(arm.body, link, **client) for link in range(count)]
    return [_link(arm, item, ball) for item in info if item[2] != bullet.JOINT_FIXED]


def _link(arm: BulletArm, info: tuple[object, ...], ball: int) -> ReadLink:
    client, link = {"physicsClientId": arm.server.client}, info[0]
    state = bullet.getLinkState(arm.body, link, computeForwardKinematics=True, **client)
    mass, _, moments, centre = bullet.getDynamicsInfo(arm.body, link, **client)[:4]
    name, axis, lower, upper = info[1], info[13], float(str(info[8])), float(str(info[9]))
    assert isinstance(name, bytes)
    origin, turn, inertial = np.array(state[4]), *map(Rotation.from_quat, (state[5], state[1]))
    R = inertial.as_matrix()
    return ReadLink(
        joint=name.decode(),
        axis=inertial.apply(axis),
        point=origin,
        mass=mass,
        centre=origin + turn.apply(centre),
        moments=R @ np.diag(moments) @ R.T if moments_fit(arm.spec) else None,
        stops=(lower, upper) if lower <= upper else None,
        extent=np.array([_reach(arm, link, ball, direction) for direction in DIRECTIONS]),
    )


def _reach(arm: BulletArm, link: object, ball: int, direction: Array) -> float:
    """Return how far a link reaches along a direction (3,), seen from a ball far away, m."""
    points = bullet.getClosestPoints(
        arm.body,
        -1,
        2 * FAR,
        linkIndexA=link,
        collisionShapeB=ball,
        collisionShapePositionB=(2 * FAR * direction).tolist(),
        physicsClientId=arm.server.client,
    )
    return FAR - min(point[8] for point in points) if points else float("nan")
