"""What one engine reads of a robot's files is what the others read, or it is said."""

from itertools import product

import numpy as np
from numpy.typing import NDArray

from robot_learning.geometry.bodies import body_pose
from robot_learning.geometry.hulls import Body, bodies_at
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.chain import link_poses
from robot_learning.kinematics.inertia import link_inertias
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet.reading import ReadLink, read_links

Array = NDArray[np.float64]
NEAR = 0.004  # m by which shapes may differ; Bullet's have a margin of 1 mm
SHARE = 0.02  # of a link's size as well: circles are polygons in one engine and not in another
SAME = 1e-5  # m and rad by which frames and limits may differ
# To the faces and the corners of a cube.
DIRECTIONS = np.array(
    [d for d in product((-1.0, 0.0, 1.0), repeat=3) if sum(map(abs, d)) in (1, 3)]
)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


def disagreements(spec: RobotSpec) -> list[str]:
    """Return one line for each thing that Bullet and Pinocchio or coal read differently.

    Compared are the joints, their stops, the links' frames, masses and centres of mass, and how
    far the shapes of each moving link reach in 14 directions; at home and at one configuration
    more.
    """
    model, bodies, found = ArmModel(spec), bodies_at(spec, 0.0), []
    away = np.clip(spec.home + 0.3, spec.soft_lower, spec.soft_upper)
    seen = read_links(spec, (spec.home, away), DIRECTIONS)
    found += _joints(spec, seen[0]) + _masses(spec, seen[0])
    for q, links in zip((spec.home, away), seen, strict=True):
        found += _frames(spec, model, q, links) + _shapes(spec, model, q, links, bodies)
    return list(dict.fromkeys(found))


def _joints(spec: RobotSpec, links: list[ReadLink]) -> list[str]:
    known, found = {link.name: link for link in links}, []
    for name, lower, upper in zip(spec.joints, spec.lower, spec.upper, strict=True):
        if name not in known:
            found.append(f"{spec.urdf}: joint '{name}': Bullet does not move it")
            continue
        stops = known[name].stops
        if stops is not None and not (stops[0] <= lower + SAME and upper - SAME <= stops[1]):
            found.append(
                f"{spec.urdf}: joint '{name}': Bullet stops it at {stops[0]:.4g} and "
                f"{stops[1]:.4g}, and its limits are {lower:.4g} and {upper:.4g}"
            )
    return found


def _masses(spec: RobotSpec, links: list[ReadLink]) -> list[str]:
    wanted, found = link_inertias(spec), []
    for link in links:
        mass, centre = wanted[link.name].mass, wanted[link.name].centre
        off = float(np.linalg.norm(link.centre - centre))
        if abs(link.mass - mass) > 1e-6 + 1e-3 * mass or off > NEAR:
            found.append(
                f"{spec.urdf}: joint '{link.name}': what it moves weighs {link.mass:.4g} kg in "
                f"Bullet and {mass:.4g} kg in Pinocchio, centres {off * 1e3:.1f} mm apart"
            )
    return found


def _frames(spec: RobotSpec, model: ArmModel, q: Array, links: list[ReadLink]) -> list[str]:
    poses, found = link_poses(q, model.screws), []
    for link in links:
        k = spec.joints.index(link.name)
        origin = poses[k + 1, :, :3] @ model.screws[k, 3:6] + poses[k + 1, :, 3]
        off = float(np.linalg.norm(link.origin - origin))
        if off > SAME:
            found.append(
                f"{spec.urdf}: joint '{link.name}': its frame is {off * 1e3:.2f} mm from where "
                "Pinocchio has it in Bullet"
            )
    return found


def _shapes(
    spec: RobotSpec, model: ArmModel, q: Array, links: list[ReadLink], bodies: list[Body]
) -> list[str]:
    found = []
    for link in links:
        own = [body for body in bodies if body.link == spec.joints.index(link.name) + 1]
        names = ", ".join(dict.fromkeys(body.name for body in own))
        where = f"{spec.urdf}: <collision> below joint '{link.name}'"
        if np.isnan(link.extent).all() != (not own):
            seen, blind = ("the filter", "Bullet") if own else ("Bullet", "the filter")
            found.append(f"{where}: {seen} sees a body there ({names}) that {blind} does not see")
            continue
        if not own:
            continue
        extent = np.max([_extent(body, q, model) for body in own], axis=0)
        size = float((extent + extent[::-1]).max())
        off = link.extent - extent
        worst = int(np.argmax(np.abs(off)))
        if not abs(off[worst]) <= NEAR + SHARE * size:
            word = "farther" if off[worst] > 0 else "less far"
            found.append(
                f"{where} ({names}): in Bullet it reaches {abs(off[worst]) * 1e3:.1f} mm {word} "
                "than in the filter; export the mesh as STL, in metres"
            )
    return found


def _extent(body: Body, q: Array, model: ArmModel) -> Array:
    """Return how far a body reaches along each of ``DIRECTIONS``, m."""
    T = body_pose(q, model.screws, body.link, np.eye(4))
    points = body.points @ T[:, :3].T + T[:, 3]
    return np.asarray((points @ DIRECTIONS.T).max(axis=0) + body.radius)
