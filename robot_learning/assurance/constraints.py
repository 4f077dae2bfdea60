"""What a robot's safety filter keeps, as tables."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull

from robot_learning.base.extras import missing
from robot_learning.geometry.bodies import TIP, ArmBodies
from robot_learning.geometry.shapes import Shape
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.inertia import without_mass
from robot_learning.robot import RobotSpec
from robot_learning.robot.urdf_file import HELD, read_urdf
from robot_learning.safety.guards import Guards


class Table(NamedTuple):
    """A table of strings."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def tables(spec: RobotSpec) -> list[Table]:
    """Return the whole constraint set of a robot."""
    guards = Guards(spec)
    first = [_joints(spec), _motion(guards), _taken(spec)]
    return [*first, _pairs(guards), _excluded(guards), _bodies(guards.arm)]


def _joints(spec: RobotSpec) -> Table:
    arrays = (
        (spec.lower, spec.upper),
        (spec.soft_lower, spec.soft_upper),
        (spec.velocity, spec.soft_velocity),
        (spec.acceleration, spec.jerk),
    )
    rows = []
    for k, joint in enumerate(spec.joints):
        pairs = [f"{first[k]:.3g} … {second[k]:.3g}" for first, second in arrays[:2]]
        pairs += [f"{first[k]:.3g} / {second[k]:.3g}" for first, second in arrays[2:]]
        rows.append((joint, *pairs, f"{spec.tracking_error[k]:.3g}"))
    heads = ("hard", "kept", "speed / kept", "acceleration / jerk", "tracking error")
    return Table("Joint limits (rad or m, s)", ("joint", *heads), rows)


def _motion(guards: Guards) -> Table:
    settings = guards.spec.safety
    box = settings.workspace
    rows = [
        ("distance kept", f"{settings.collision_margin * 1e3:.0f} mm"),
        ("more for obstacles told of", f"{settings.obstacle_travel * 1e3:.0f} mm"),
        ("tip speed", f"{settings.tip_speed:.2f} m/s, reduced {settings.reduced_tip_speed:.2f}"),
        ("singularity", f"smallest singular value above {guards.singularity.limit:.3g} m"),
        ("workspace", f"{box.lower} … {box.upper} m" if box else "all in reach"),
        ("floor", f"z = {settings.floor:.3f} m"),
        ("scene", ", ".join(solid.name for solid in settings.scene) or "nothing"),
        ("keep out", ", ".join(zone.name for zone in settings.keep_out) or "nowhere"),
        ("not checked", ", ".join(guards.unchecked) or "nothing"),
    ]
    return Table("Motion as a whole", ("what", "limit"), rows)


def _taken(spec: RobotSpec) -> Table:
    """Return what was assumed of the robot because its files do not say it, or can't be right."""
    model, root = ArmModel(spec), read_urdf(spec.urdf)
    pull = " ".join(f"{part:.2g}" for part in np.round(model.gravity, 3) + 0.0)
    source = "as the YAML says" if spec.gravity is not None else "-z of the URDF's root"
    rows = [("gravity", f"along ({pull}) of {spec.base_link}: {source}")]
    held = [joint.get("name", "") for joint in root.findall("joint") if joint.get("type") in HELD]
    light = ", ".join(without_mass(spec))
    if not _moments_taken(spec):
        rows.append(("moments of inertia", "of the shapes; no body has some of those in the URDF"))
    if light:
        rows.append(("1 g each", f"what {light} move; the URDF has no mass there"))
    if held:
        rows.append(("held at 0", f"{', '.join(held)}: floating or planar, can't be commanded"))
    return Table("Taken for granted", ("what", "how"), rows)


def _moments_taken(spec: RobotSpec) -> bool:
    """Say whether the simulation takes the URDF's moments; without it nobody asks for them."""
    if missing("sim"):
        return True
    from robot_learning.worlds.bullet.loading import moments_fit

    return moments_fit(spec)


def _pairs(guards: Guards) -> Table:
    arm, rows = guards.arm, []
    for pair in guards.clearance.pairs:
        if isinstance(pair.other, Shape) and arm.bodies[pair.body].name == TIP:
            continue
        other = pair.other.name if isinstance(pair.other, Shape) else arm.bodies[pair.other].name
        home = arm.distance(pair.body, pair.other, arm.spec.home)
        row = (pair.cause.value, arm.bodies[pair.body].name, other)
        rows.append((*row, f"{pair.margin * 1e3:.1f}", f"{home * 1e3:.0f}"))
    return Table("Kept apart (mm)", ("cause", "link", "from", "margin", "at home"), rows)


def _excluded(guards: Guards) -> Table:
    rows = [tuple(item) for item in guards.excluded if item.why != "neighbours"]
    return Table("Not kept apart, besides neighbours", ("link", "from", "why"), rows)


def _bodies(arm: ArmBodies) -> Table:
    rows = []
    for body, capsule in zip(arm.bodies, arm.capsules, strict=True):
        if body.name == TIP or len(body.points) < 4:
            continue
        hull = ConvexHull(np.asarray(body.points)).volume
        grown = f"{body.radius * 1e3:.2f}"
        rows.append((body.name, str(len(body.points)), grown, f"{capsule.volume / hull:.2f}"))
    heads = ("link", "corners", "hull grown by (mm)", "capsule / hull (volume)")
    return Table("What stands in for the links", heads, rows)
