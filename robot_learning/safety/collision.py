"""What the arm must not touch: itself, and what stands around it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from robot_learning.base.errors import ConfigError
from robot_learning.geometry.bodies import TIP, ArmBodies
from robot_learning.geometry.shapes import Shape, shape_of
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Box, Solid
from robot_learning.safety.clearance import Pair
from robot_learning.safety.status import Cause

FLOOR = "floor"
TRIES = 200  # random configurations that show which links always touch


class Excluded(NamedTuple):
    """Two links that nothing keeps apart, and why."""

    first: str
    second: str
    why: str


def self_collision(arm: ArmBodies) -> tuple[list[Pair], list[Excluded]]:
    """Return the pairs of bodies that are kept apart, and those of other links that are not.

    Links that come nearer than the margin at home by design are held to half of that distance.

    Raises:
        ConfigError: where two of them overlap at home, though not always, and the robot's file
            does not allow it.
    """
    settings, found, excluded = arm.spec.safety, [], []
    for i, first in enumerate(arm.bodies):
        for j, second in enumerate(arm.bodies):
            if second.link <= first.link or TIP in (first.name, second.name):
                continue
            at_home = arm.distance(i, j, arm.spec.home)
            why = _excuse(arm, i, j, at_home)
            if why:
                excluded.append(Excluded(first.name, second.name, why))
                continue
            if not at_home > 0:
                raise ConfigError(
                    f"{arm.spec.path}: home: {first.name} touches {second.name}; choose another "
                    f"home, or allow it: safety.may_touch: [[{first.name}, {second.name}]]"
                )
            margin = min(settings.collision_margin, at_home / 2)
            found.append(Pair(i, j, margin, Cause.SELF_COLLISION))
    return found, list(dict.fromkeys(excluded))


def _excuse(arm: ArmBodies, i: int, j: int, at_home: float) -> str:
    first, second = arm.bodies[i], arm.bodies[j]
    allowed = arm.spec.safety.may_touch
    if second.link - first.link == 1:
        return "neighbours"
    if (first.name, second.name) in allowed or (second.name, first.name) in allowed:
        return "allowed by safety.may_touch"
    return "" if at_home > 0 or not _always_touch(arm, i, j) else "touch in every configuration"


def _always_touch(arm: ArmBodies, i: int, j: int) -> bool:
    rng, spec = np.random.default_rng(0), arm.spec
    tries = rng.uniform(spec.soft_lower, spec.soft_upper, (TRIES, spec.n))
    return all(arm.distance(i, j, q) <= 0 for q in tries)


def scene_collision(
    arm: ArmBodies, solids: Sequence[Solid], *, told: Sequence[Solid] = (), at_home: bool = True
) -> list[Pair]:
    """Return the pairs of moving bodies and solids, the floor among them.

    Args:
        arm: the bodies.
        solids: what stands around it.
        told: those of them that were told of at run time, and may move.
        at_home: refuse solids that are too near to the arm at home.

    Raises:
        ConfigError: where a solid overlaps the arm at home, or keeps no distance to it there.
    """
    settings, found = arm.spec.safety, []
    floor = Solid(name=FLOOR, half_space=(0, 0, 1), xyz=(0, 0, settings.floor))
    for solid in (floor, *solids):
        further = settings.obstacle_travel if solid in told else 0.0
        shape, bodies, cause = shape_of(solid), _moving(arm), Cause.SCENE_COLLISION
        found += _kept_off(arm, shape, bodies, cause, further=further, at_home=at_home)
    return found


def keep_out(arm: ArmBodies) -> list[Pair]:
    """Return the pairs of the zones to keep out of with the tip and with the links they name.

    Raises:
        ConfigError: where a link has no geometry, or is in its zone at home.
    """
    found = []
    for number, zone in enumerate(arm.spec.safety.keep_out):
        bodies = arm.named(TIP)
        for link in zone.links:
            if not arm.named(link):
                where = f"{arm.spec.path}: safety.keep_out.{number}.links"
                known = ", ".join(dict.fromkeys(body.name for body in arm.bodies))
                raise ConfigError(f"{where}: no geometry of a link '{link}'; there is {known}")
            bodies += arm.named(link)
        found += _kept_off(arm, shape_of(zone), bodies, Cause.KEEP_OUT)
    return found


def workspace(arm: ArmBodies) -> list[Pair]:
    """Return the pairs of the tip and the six walls of its workspace.

    Raises:
        ConfigError: where the tip is outside at home.
    """
    return _inside(arm, workspace_walls(arm.spec, _span(arm)))


def confinement(arm: ArmBodies, box: Box) -> list[Pair]:
    """Return the pairs of the tip and the six walls of a further box, wherever home is."""
    return _inside(arm, _walls("small workspace", box), at_home=False)


def _inside(arm: ArmBodies, walls: list[Solid], *, at_home: bool = True) -> list[Pair]:
    tip, cause = arm.named(TIP), Cause.WORKSPACE
    shapes = [shape_of(wall) for wall in walls]
    return [
        pair for shape in shapes for pair in _kept_off(arm, shape, tip, cause, at_home=at_home)
    ]


def workspace_walls(spec: RobotSpec, span: float) -> list[Solid]:
    """Return the walls of the box that the tip stays in, or of a cube of ``span``, m, around."""
    around = Box(lower=(-span, -span, -span), upper=(span, span, span))
    return _walls("workspace", spec.safety.workspace or around)


def _walls(what: str, box: Box) -> list[Solid]:
    walls = []
    for axis, name in enumerate("xyz"):
        x, y, z = (float(k == axis) for k in range(3))
        inward, outward = (x, y, z), (-x, -y, -z)
        walls.append(Solid(name=f"{what} lower {name}", half_space=inward, xyz=box.lower))
        walls.append(Solid(name=f"{what} upper {name}", half_space=outward, xyz=box.upper))
    return walls


def _span(arm: ArmBodies) -> float:
    """Return a distance from the base that the tip never reaches, m."""
    return 1.1 * float(arm.lever(arm.named(TIP)[0]).max()) + 1.0


def _moving(arm: ArmBodies) -> list[int]:
    bodies = range(len(arm.bodies))
    return [i for i in bodies if arm.bodies[i].link > 0 and arm.bodies[i].name != TIP]


def _kept_off(
    arm: ArmBodies,
    shape: Shape,
    bodies: Sequence[int],
    cause: Cause,
    *,
    further: float = 0.0,
    at_home: bool = True,
) -> list[Pair]:
    margin, spec = arm.spec.safety.collision_margin + further, arm.spec
    for body in bodies if at_home else ():
        distance = arm.distance(body, shape, spec.home)
        if not distance >= margin:
            raise ConfigError(
                f"{spec.path}: safety: at home {arm.bodies[body].name} is {distance * 1e3:.1f} mm "
                f"from '{shape.name}', and the margin is {margin * 1e3:.1f} mm"
            )
    return [Pair(body, shape, margin, cause) for body in bodies]
