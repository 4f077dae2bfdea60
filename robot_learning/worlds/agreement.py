"""What an engine has read of a robot is what Pinocchio and coal read, or it is said."""

from collections.abc import Callable, Collection, Mapping
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.geometry.hulls import Part, parts
from robot_learning.kinematics.tree import MovingLink, links_at
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
NEAR = 0.004  # m by which shapes may differ; Bullet's have a margin of 1 mm
SHARE = 0.02  # of a link's size as well: circles are polygons in one engine and not in another
SAME = 1e-5  # m, rad and share by which frames, limits and masses may differ
ROUNDED = 0.01  # share by which moments of inertia may differ
EXPORT = "export the mesh as binary STL, in metres"
# To the faces and the corners of a cube.
DIRECTIONS = np.array(
    [d for d in product((-1.0, 0.0, 1.0), repeat=3) if sum(map(abs, d)) in (1, 3)]
)
DIRECTIONS /= np.linalg.norm(DIRECTIONS, axis=1, keepdims=True)


class ReadLink(NamedTuple):
    """A moving link as an engine has it, base frame.

    Attributes:
        joint: name of the joint that moves it.
        axis: (3,) of the joint.
        point: (3,) origin of the joint's frame, m.
        mass: kg.
        centre: (3,) of mass, m.
        moments: (3, 3) of inertia about it, kg m²; None where the engine finds its own from the
            shapes.
        stops: positions at which the engine stops the joint, rad or m; None where it does not.
        extent: (k,) how far it reaches along each of ``DIRECTIONS``, m; nan where it has no
            shape.
    """

    joint: str
    axis: Array
    point: Array
    mass: float
    centre: Array
    moments: Array | None
    stops: tuple[float, float] | None
    extent: Array


def disagreements(
    spec: RobotSpec,
    engine: str,
    free: Collection[str],
    read: Callable[[Array], list[ReadLink]],
) -> list[str]:
    """Return one line for each thing that an engine reads differently.

    Args:
        spec: the robot.
        engine: its name.
        free: joints outside the chain that move as well, at 0.
        read: puts the chain at a configuration (n,) and returns the links below all these joints.
    """
    anywhere = np.random.default_rng(0).uniform(spec.soft_lower, spec.soft_upper)
    places: list[Mapping[str, float]] = [
        dict(zip(spec.joints, q, strict=True)) for q in (np.zeros(spec.n), anywhere)
    ]
    at_zero, wanted = links_at(spec, free, places)
    seen = {link.joint: link for link in read(anywhere)}
    shapes, found = parts(spec, free), []
    for still, link in zip(at_zero, wanted, strict=True):
        where = f"{spec.urdf}: joint '{link.joint}' of link '{link.name}'"
        if link.joint not in seen:
            found.append(f"{where}: {engine} does not move it; make it revolute or prismatic")
            continue
        own, there = [part for part in shapes if part.joint == link.joint], seen[link.joint]
        turn = link.pose @ np.linalg.inv(still.pose)
        said = [*_stop(spec, there), *_frame(link, there), *_inertia(link, there)]
        found += [f"{where}: {line.format(engine=engine)}" for line in said]
        found += _shape(spec, engine, there, own, turn)
    return found


def agree(found: list[str]) -> None:
    """Refuse what an engine reads differently.

    Raises:
        ConfigError: with the first line of :func:`disagreements`.
    """
    if found:
        raise ConfigError(found[0])


def _stop(spec: RobotSpec, there: ReadLink) -> list[str]:
    if there.stops is None or there.joint not in spec.joints:
        return []
    k = spec.joints.index(there.joint)
    (first, last), lower, upper = there.stops, spec.lower[k], spec.upper[k]
    if first <= lower + SAME and upper - SAME <= last:
        return []
    return [
        f"{{engine}} stops it at {first:.4g} and {last:.4g}, and its limits are {lower:.4g} and "
        f"{upper:.4g}; correct <limit>"
    ]


def _frame(link: MovingLink, there: ReadLink) -> list[str]:
    found = []
    off = float(np.linalg.norm(there.point - link.point))
    if not off <= SAME:
        found.append(
            f"its frame is {off * 1e3:.2f} mm from where Pinocchio has it in {{engine}}; "
            "write one plain <origin> for each joint"
        )
    off = float(np.linalg.norm(there.axis - link.axis))
    if not off <= SAME:
        found.append(
            f"its axis is {off:.2g} rad from Pinocchio's in {{engine}}; give <axis> length 1"
        )
    return found


def _inertia(link: MovingLink, there: ReadLink) -> list[str]:
    wanted, found = link.inertia, []
    off = float(np.linalg.norm(there.centre - wanted.centre))
    if not (abs(there.mass - wanted.mass) <= SAME * (1 + wanted.mass) and off <= NEAR):
        found.append(
            f"what it moves weighs {there.mass:.4g} kg in {{engine}} and {wanted.mass:.4g} kg in "
            f"Pinocchio, centres {off * 1e3:.1f} mm apart; correct <inertial>"
        )
    if there.moments is None:
        return found
    moments = wanted.possible()
    off = float(np.abs(there.moments - moments).max())
    if not off <= ROUNDED * np.abs(moments).max():
        found.append(
            f"its moments of inertia are up to {off:.2g} kg m² from Pinocchio's in {{engine}}; "
            "correct <inertia>"
        )
    return found


def _shape(
    spec: RobotSpec, engine: str, there: ReadLink, own: list[Part], turn: Array
) -> list[str]:
    """Compare the shapes of a link; ``turn`` (4, 4) moves ``own`` to where it is."""
    names = ", ".join(dict.fromkeys(part.name for part in own))
    where = f"{spec.urdf}: <collision> below joint '{there.joint}'"
    blind = bool(np.isnan(there.extent).all())
    if blind and own:
        return [f"{where} ({names}): {engine} does not see it; {EXPORT}"]
    if not blind and not own:
        return [
            f"{where}: {engine} sees a body there that the filter does not see; write it as a "
            "box, a cylinder, a sphere or a mesh"
        ]
    if not own:
        return []
    extent = np.max([_extent(part, turn) for part in own], axis=0)
    size = float((extent + extent[::-1]).max())
    off = there.extent - extent
    worst = int(np.argmax(np.abs(off)))
    if abs(off[worst]) <= NEAR + SHARE * size:
        return []
    word = "farther" if off[worst] > 0 else "less far"
    return [
        f"{where} ({names}): in {engine} it reaches {abs(off[worst]) * 1e3:.1f} mm {word} "
        f"than in the filter; {EXPORT}"
    ]


def _extent(part: Part, turn: Array) -> Array:
    """Return how far a part reaches along each of ``DIRECTIONS``, m."""
    points = part.points @ turn[:3, :3].T + turn[:3, 3]
    return np.asarray((points @ DIRECTIONS.T).max(axis=0) + part.radius)
