"""What MuJoCo is to simulate: the robot's links and hulls, the objects and the floor.

The links have the inertias that Bullet is given, and the hulls that the filter keeps apart. Each
body's frame is the base frame with all joints at 0.
"""

import math
from collections.abc import Sequence
from itertools import cycle, product

import mujoco
import numpy as np

from robot_learning.base.objects import ObjectSpec
from robot_learning.geometry.hulls import Part, parts
from robot_learning.kinematics.tree import MovingLink, moving_links
from robot_learning.robot import RobotSpec
from robot_learning.robot.gripper import Gripper
from robot_learning.worlds import camera
from robot_learning.worlds.mujoco.motors import add_motors

TIMESTEP = 0.001  # s
ARM_FRICTION = 0.5
FINGER_FRICTION = 1.0
ARM = (0.93, 0.94, 0.96, 1.0)  # colour
FLOOR_EDGE = 6.0  # m, as drawn; things rest on it everywhere
TORSION, ROLLING = 0.005, 0.0001  # m; of all contacts
FLOOR = "floor"
FIXED = ""  # what no joint moves
CONVEX = mujoco.mjtMeshInertia.mjMESH_INERTIA_CONVEX
STIFF = (4 * TIMESTEP, 1.0)  # s and damping ratio, of contacts and of what couples the fingers
# Shares of a contact's force that do not depend on how deep it is. With less a gripper of 40 N
# presses 1 mm into a box of 0.1 kg, and the box creeps out of it.
RIGID = (0.99, 0.999, 0.001, 0.5, 2.0)
ARMATURE = 0.01  # kg m² or kg, of the motors behind their gears


def build(
    spec: RobotSpec, objects: Sequence[ObjectSpec], fingers: Sequence[str], floor_friction: float
) -> mujoco.MjModel:
    """Return the compiled model.

    Args:
        spec: the robot.
        objects: what it moves.
        fingers: joints of its gripper that move.
        floor_friction: coefficient of the floor.
    """
    made = mujoco.MjSpec()
    made.option.timestep = TIMESTEP
    made.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    made.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    made.option.impratio = 10.0
    _light(made)
    made.worldbody.add_geom(
        name=FLOOR,
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[FLOOR_EDGE / 2, FLOOR_EDGE / 2, 0.1],
        rgba=camera.FLOOR,
        pos=[0, 0, spec.safety.floor],
        contype=0,
        conaffinity=0,
    )
    touching = _add_arm(made, spec, fingers)
    gripper = spec.gripper if fingers else None
    if gripper is not None:
        _couple(made, gripper)
    add_motors(made, spec, gripper)
    for item, colour in zip(objects, cycle(camera.OBJECTS), strict=False):
        _add_object(made, item, colour)
    _add_contacts(made, objects, touching, floor_friction)
    return made.compile()


def _light(made: mujoco.MjSpec) -> None:
    """Let the model be seen from ``camera.NEAR`` to ``camera.FAR`` m, lit from above."""
    made.stat.extent = 1.0
    made.visual.map.znear, made.visual.map.zfar = camera.NEAR, camera.FAR
    made.visual.headlight.ambient = [0.5] * 3
    made.visual.headlight.diffuse = [0.2] * 3
    made.visual.headlight.specular = [0.0] * 3
    made.worldbody.add_light(
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        dir=[0.3, 0.3, -1.0],
        diffuse=[0.3] * 3,
        castshadow=False,
    )
    made.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
        rgb1=[1.0] * 3,
        rgb2=[1.0] * 3,
        width=8,
        height=8,
    )


def _add_arm(made: mujoco.MjSpec, spec: RobotSpec, fingers: Sequence[str]) -> dict[str, float]:
    """Add the arm; return its shapes, each with its coefficient of friction."""
    bodies = {FIXED: made.worldbody}
    for link in moving_links(spec, fingers):
        bodies[link.joint] = _add_link(bodies[link.parent], link)
    last = set(fingers) or ({spec.joints[-1]} if spec.gripper is not None else set())
    touching = {}
    for number, part in enumerate(parts(spec, fingers)):
        name = f"{part.joint} {number}"
        _add_part(made, bodies[part.joint], part, name)
        touching[name] = FINGER_FRICTION if part.joint in last else ARM_FRICTION
    return touching


def _add_link(parent: mujoco.MjsBody, link: MovingLink) -> mujoco.MjsBody:
    body = parent.add_body(name=link.joint)
    body.gravcomp = 1.0  # as every arm's own controller does
    body.explicitinertial = True
    body.mass = link.inertia.mass
    body.ipos = link.inertia.centre
    moments = link.inertia.possible()
    body.fullinertia = [*np.diag(moments), moments[0, 1], moments[0, 2], moments[1, 2]]
    kind = mujoco.mjtJoint.mjJNT_SLIDE if link.prismatic else mujoco.mjtJoint.mjJNT_HINGE
    body.add_joint(name=link.joint, type=kind, pos=link.point, axis=link.axis, armature=ARMATURE)
    return body


def _add_part(made: mujoco.MjSpec, body: mujoco.MjsBody, part: Part, name: str) -> None:
    kind = {"name": name, "contype": 0, "conaffinity": 0, "mass": 0.0, "rgba": ARM}
    if part.radius and len(part.points) == 1:
        kind |= {"type": mujoco.mjtGeom.mjGEOM_SPHERE, "pos": part.points[0]}
        body.add_geom(**kind, size=[part.radius, 0, 0])
    elif part.radius and len(part.points) == 2:
        ends = part.points.ravel()
        kind |= {"type": mujoco.mjtGeom.mjGEOM_CAPSULE, "fromto": ends}
        body.add_geom(**kind, size=[part.radius, 0, 0])
    else:
        made.add_mesh(name=name, uservert=part.points.ravel(), inertia=CONVEX)
        body.add_geom(**kind, type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name)


def _couple(made: mujoco.MjSpec, gripper: Gripper) -> None:
    """Join the gripper's joints to the first of them, as gears do."""
    strokes = gripper.open - gripper.closed
    for number, name in enumerate(gripper.joints[1:], start=1):
        ratio = strokes[number] / strokes[0]
        joined = made.add_equality(
            type=mujoco.mjtEq.mjEQ_JOINT,
            objtype=mujoco.mjtObj.mjOBJ_JOINT,
            name1=name,
            name2=gripper.joints[0],
            solref=STIFF,
        )
        joined.data[:2] = gripper.closed[number] - ratio * gripper.closed[0], ratio


def _add_object(made: mujoco.MjSpec, item: ObjectSpec, colour: camera.Colour) -> None:
    body = made.worldbody.add_body(name=item.name)
    body.add_freejoint(name=item.name)
    volume = sum(math.prod(edges) for _, edges in item.boxes)
    for name, (middle, edges) in zip(_geoms(item), item.boxes, strict=True):
        body.add_geom(
            name=name,
            type=mujoco.mjtGeom.mjGEOM_BOX,
            pos=middle,
            size=[edge / 2 for edge in edges],
            mass=item.mass * math.prod(edges) / volume,
            rgba=colour,
            contype=0,
            conaffinity=0,
        )


def _geoms(item: ObjectSpec) -> list[str]:
    """Return the names of the shapes of an object."""
    return [f"{item.name}.{number}" for number in range(len(item.boxes))]


def _add_contacts(
    made: mujoco.MjSpec,
    objects: Sequence[ObjectSpec],
    touching: dict[str, float],
    floor_friction: float,
) -> None:
    """Let objects touch the floor, each other and the arm; two surfaces have their product."""
    surfaces = {FLOOR: floor_friction, **touching}
    for item in objects:
        for (name, friction), geom in product(surfaces.items(), _geoms(item)):
            slip = friction * item.friction
            made.add_pair(
                geomname1=name,
                geomname2=geom,
                condim=4,
                solref=STIFF,
                solimp=RIGID,
                friction=[slip, slip, TORSION, ROLLING, ROLLING],
            )
        surfaces |= dict.fromkeys(_geoms(item), item.friction)
    for name, friction in touching.items():
        if name.startswith(f"{FIXED} "):
            continue
        made.add_pair(
            geomname1=FLOOR,
            geomname2=name,
            solref=STIFF,
            solimp=RIGID,
            friction=[friction] * 2 + [0, 0, 0],
        )
