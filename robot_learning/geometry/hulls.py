"""The arm as convex bodies, from the URDF's collision geometry."""

import xml.etree.ElementTree as ET
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import coal
import numpy as np
import pinocchio as pin
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics.model import LINK, link_frame, pinocchio_urdf, reduced
from robot_learning.robot.spec import RobotSpec

Array = NDArray[np.float64]
ROUND = 64  # corners that stand in for a circle, circumscribed
OPENINGS = 9  # of a gripper at which its fingers are looked at
FEW = 128  # corners of a hull that has too many neighbours to a corner
PLATE = 1e-4  # m that a plate is thick, at least, to either side
MOST = 512  # corners of a hull; of finer ones the outermost in so many directions are kept


@dataclass(frozen=True)
class Body:
    """A convex part of the arm.

    Attributes:
        name: of the link in the URDF.
        link: joints of the chain between it and the base; 0 is the base itself.
        shape: for coal; a mesh is replaced by its convex hull.
        T_base_body: (4, 4) pose with all joints at 0.
        points: (m, 3) points whose hull, grown by ``radius``, encloses the shape; all joints at
            0, base frame, m.
        radius: m.
    """

    name: str
    link: int
    shape: Any
    T_base_body: Array
    points: Array
    radius: float


def read_bodies(spec: RobotSpec) -> list[Body]:
    """Return the collision bodies of the arm and of what its links carry.

    The fingers of a gripper are as large as all the space they move in.
    """
    if spec.gripper is None:
        return bodies_at(spec, 0.0)
    openings = np.linspace(0.0, 1.0, OPENINGS)
    ways = zip(*(bodies_at(spec, opening) for opening in openings), strict=True)
    return [_swept(way) for way in ways]


# Hulls of fine meshes take seconds; a URDF's are made once a process, by its hash.
Hull = tuple[Any, Array, float]
_hulls: dict[tuple[str, str], tuple[pin.GeometryModel, list[Hull]]] = {}
_made: dict[str, "_Parts"] = {}  # by the robot's hash


class _Parts(NamedTuple):
    """A robot's collision shapes as they were read, and their hulls.

    Attributes:
        full: the whole robot.
        shapes: all of it.
        locked: joints outside the chain.
        q_hold: where those are held.
        hulls: convex shape, points (m, 3) in its own frame, m, and radius, m, of each shape.
    """

    full: pin.Model
    shapes: pin.GeometryModel
    locked: list[int]
    q_hold: Array
    hulls: list[Hull]


class Part(NamedTuple):
    """A convex part of what a joint carries, with all joints at 0, base frame.

    Attributes:
        name: of the link in the URDF.
        joint: name; empty for what does not move.
        points: (m, 3) points whose hull, grown by ``radius``, is the shape, m.
        radius: m.
    """

    name: str
    joint: str
    points: Array
    radius: float


def parts(spec: RobotSpec, free: Collection[str] = ()) -> list[Part]:
    """Return the convex parts of each link; ``free`` are joints outside the chain that move."""
    read = _read(spec)
    locked = [joint for joint in read.locked if read.full.names[joint] not in free]
    model, placed = _placed(spec, read, locked, read.q_hold)
    found = []
    for (item, T), (_, points, radius) in zip(placed, read.hulls, strict=True):
        joint = model.names[item.parentJoint] if item.parentJoint else ""
        found.append(Part(_link_of(item), joint, points @ T[:3, :3].T + T[:3, 3], radius))
    return found


def bodies_at(spec: RobotSpec, opening: float) -> list[Body]:
    """Return the collision bodies with the gripper, if any, at an opening in [0, 1]."""
    read = _read(spec)
    q_hold = read.q_hold.copy()
    if spec.gripper is not None:
        positions = spec.gripper.positions(opening)
        for name, position in zip(spec.gripper.joints, positions, strict=True):
            q_hold[read.full.joints[read.full.getJointId(name)].idx_q] = position
    model, placed = _placed(spec, read, read.locked, q_hold)
    found = []
    for (item, T), (shape, points, radius) in zip(placed, read.hulls, strict=True):
        name = model.names[item.parentJoint]
        link = spec.joints.index(name) + 1 if item.parentJoint else 0
        points = points @ T[:3, :3].T + T[:3, 3]
        found.append(Body(_link_of(item), link, shape, T, points, radius))
    return found


def _read(spec: RobotSpec) -> "_Parts":
    if spec.hash not in _made:
        _made[spec.hash] = _read_parts(spec)
    return _made[spec.hash]


def _placed(
    spec: RobotSpec, read: "_Parts", locked: list[int], q_hold: Array
) -> tuple[pin.Model, list[tuple[pin.GeometryObject, Array]]]:
    """Return the robot with joints locked, and each shape with its pose (4, 4), base frame."""
    model, shapes = pin.buildReducedModel(read.full, read.shapes, locked, q_hold)
    data = model.createData()
    pin.framesForwardKinematics(model, data, np.zeros(model.nq))
    T_base_root = data.oMf[link_frame(model, spec.base_link)].inverse()
    placed = [
        (item, (T_base_root * data.oMi[item.parentJoint] * item.placement).homogeneous)
        for item in shapes.geometryObjects
    ]
    return model, placed


def _read_parts(spec: RobotSpec) -> _Parts:
    full, locked, q_hold = reduced(spec)
    key = (str(spec.urdf), spec.urdf_sha256)
    if key not in _hulls:
        shapes = _read_shapes(spec, full)
        _hulls[key] = shapes, [_hull_of(spec, item) for item in shapes.geometryObjects]
    return _Parts(full, _hulls[key][0], locked, q_hold, _hulls[key][1])


def _hull_of(spec: RobotSpec, item: pin.GeometryObject) -> Hull:
    try:
        return _convex(item.geometry)
    except (ValueError, RuntimeError) as error:
        where = f"{spec.urdf}: link '{_link_of(item)}': <collision> {item.meshPath}"
        raise ConfigError(f"{where}: no convex hull: {_why(error)}") from error


def _link_of(item: pin.GeometryObject) -> str:
    """Return the name of a shape's link; Pinocchio numbers the shapes of a link."""
    return str(item.name.rsplit("_", 1)[0].removesuffix(LINK.format("")))


def _read_shapes(spec: RobotSpec, full: pin.Model) -> pin.GeometryModel:
    text = ET.tostring(pinocchio_urdf(spec), encoding="unicode")
    try:
        return pin.buildGeomFromUrdfString(full, text, pin.GeometryType.COLLISION)
    except (ValueError, RuntimeError) as error:
        raise ConfigError(
            f"{spec.urdf}: <collision>: {_why(error)}; export the mesh again, as STL"
        ) from error


def _why(error: Exception) -> str:
    """Return what coal says on one line, without the places in its source and its hints."""
    return " ".join(str(error).split("message: ")[-1].split("Hint:")[0].split())


def _convex(shape: Any) -> Hull:
    """Return a convex shape, and points (m, 3) with a radius that enclose it, own frame, m."""
    if isinstance(shape, coal.Sphere):
        return shape, np.zeros((1, 3)), shape.radius
    if isinstance(shape, coal.Capsule):
        half = shape.halfLength
        return shape, np.array([[0, 0, -half], [0, 0, half]]), shape.radius
    if isinstance(shape, coal.Box):
        signs = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        return shape, signs * shape.halfSide, 0.0
    if isinstance(shape, coal.Cylinder):
        angle = 2 * np.pi * np.arange(ROUND) / ROUND
        r = shape.radius / np.cos(np.pi / ROUND)
        rim = np.stack([r * np.cos(angle), r * np.sin(angle), np.zeros(ROUND)], axis=1)
        up = np.array([0, 0, shape.halfLength])
        return shape, np.concatenate([rim - up, rim + up]), 0.0
    return _convex_mesh(shape)


def _convex_mesh(mesh: Any) -> Hull:
    points = np.array(mesh.vertices()).reshape(-1, 3)
    thick = _thickened(points)
    if len(thick) > len(points):
        return _hull(thick), thick, 0.0
    try:
        mesh.buildConvexHull(True, "Qt")
    except RuntimeError:  # coal's corners have 255 neighbours at most; the tip of a cone has more
        kept, grown = _thin(points, FEW)
        shape = _hull(kept)
        shape.setSweptSphereRadius(grown)
        return shape, kept, grown
    points = np.array(mesh.convex.points())
    return (mesh.convex, points, 0.0) if len(points) <= MOST else (mesh.convex, *_thin(points))


def _thickened(points: Array) -> Array:
    """Return points (m, 3) and, where they are all in a plane or on a line, some off it.

    Qhull ends the process where it is asked for the hull of a plate.
    """
    offsets = points - points.mean(axis=0)
    for axis in np.linalg.eigh(offsets.T @ offsets)[1].T:
        along = offsets @ axis
        if np.ptp(along) < PLATE:
            points = np.concatenate([points - PLATE * axis, points + PLATE * axis])
    return points


def _swept(way: tuple[Body, ...]) -> Body:
    """Return what encloses a body at, and between, the poses of its way."""
    body, points = way[0], np.array([body.points for body in way])
    if np.allclose(points, points[0]):
        return body
    # Between two samples a point leaves the chord by an eighth of the second difference.
    bow = float(np.linalg.norm(np.diff(points, 2, axis=0), axis=-1).max()) / 4
    kept, grown = _thin(points.reshape(-1, 3))
    radius = body.radius + bow + grown
    shape = _hull(kept)
    shape.setSweptSphereRadius(radius)
    return Body(body.name, body.link, shape, np.eye(4), kept, radius)


def _hull(points: Array) -> Any:
    corners = coal.StdVec_Vec3s()
    corners.extend(list(points))
    return coal.Convex.convexHull(corners, False, "Qt")


def _thin(points: Array, most: int = MOST) -> tuple[Array, float]:
    """Return some of ``points`` (m, 3), and by how much their hull is grown to hold them all."""
    # Directions on a Fibonacci spiral.
    turn = np.arange(most) + 0.5
    z = 1 - 2 * turn / most
    angle = np.pi * (1 + np.sqrt(5)) * turn
    xy = np.sqrt(1 - z * z) * np.array([np.cos(angle), np.sin(angle)])
    kept = np.unique(np.argmax(points @ np.vstack([xy, z]), axis=0))
    corners = _thickened(points[kept])
    hull = _hull(corners)
    point, away, still = coal.Sphere(0.0), coal.Transform3s(), coal.Transform3s()
    request, result = coal.DistanceRequest(), coal.DistanceResult()
    farthest = 0.0
    for left_out in np.delete(points, kept, axis=0):
        away.setTranslation(left_out)
        result.clear()
        farthest = max(farthest, coal.distance(hull, still, point, away, request, result))
    return corners, farthest + 1e-6
