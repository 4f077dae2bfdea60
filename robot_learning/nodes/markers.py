"""What RViz and Foxglove draw, as ``visualization_msgs/Marker``."""

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from geometry_msgs.msg import Point
from numpy.typing import ArrayLike, NDArray
from scipy.spatial.transform import Rotation
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from robot_learning.nodes.messages import to_duration
from robot_learning.robot.schema import Solid

Array = NDArray[np.float64]
Colour = tuple[float, float, float, float]  # red, green, blue, opacity: 0 to 1
GREEN, AMBER, RED = (0.2, 0.8, 0.3, 1.0), (1.0, 0.65, 0.0, 1.0), (0.9, 0.15, 0.1, 1.0)
BLUE, GREY = (0.2, 0.5, 1.0, 1.0), (0.6, 0.6, 0.65, 1.0)
LIFETIME = 0.5  # s after which a marker vanishes that is not sent again
LINE = 0.002  # m
LETTER = 0.03  # m
PLANE = (3.0, 3.0, 0.001)  # m that are drawn of a half-space
EDGES = [(a, b) for a in range(8) for b in range(8) if a < b and (a ^ b).bit_count() == 1]


def faint(colour: Colour, opacity: float) -> Colour:
    """Return a colour that one can look through."""
    return (*colour[:3], opacity)


def array(markers: Iterable[Marker], frame: str) -> MarkerArray:
    """Return markers that vanish by themselves, each with a number of its own in its namespace.

    Args:
        markers: in the order of their numbers.
        frame: that they are in.
    """
    count: Counter[str] = Counter()
    told = MarkerArray()
    for marker in markers:
        marker.header.frame_id, marker.frame_locked = frame, True
        marker.id = count[marker.ns]
        count[marker.ns] += 1
        to_duration(marker.lifetime, LIFETIME)
        told.markers.append(marker)
    return told


def place(marker: Marker, position: Sequence[float], quaternion: Sequence[float]) -> Marker:
    """Put a marker at a position (3,), m, with a quaternion x, y, z, w."""
    pose = marker.pose
    pose.position.x, pose.position.y, pose.position.z = position
    turn = pose.orientation
    turn.x, turn.y, turn.z, turn.w = quaternion
    return marker


def shape(ns: str, kind: int, T: Array, scale: ArrayLike, colour: Colour) -> Marker:
    """Return a marker of a type at a pose ``T`` (4, 4), m."""
    marker = Marker(ns=ns, type=kind)
    marker.scale.x, marker.scale.y, marker.scale.z = np.asarray(scale, dtype=float).tolist()
    marker.color = _rgba(colour)
    quaternion = Rotation.from_matrix(T[:3, :3]).as_quat()
    return place(marker, T[:3, 3].tolist(), quaternion.tolist())


def sphere(ns: str, position: Array, radius: float, colour: Colour) -> Marker:
    """Return a ball at ``position`` (3,), m."""
    return shape(ns, Marker.SPHERE, _at(position), [2 * radius] * 3, colour)


def axes(ns: str, T: Array, length: float) -> Marker:
    """Return the x, y and z axes of a pose (4, 4) in red, green and blue, m."""
    marker = shape(ns, Marker.LINE_LIST, T, [2 * LINE, 0.0, 0.0], GREY)
    for axis, colour in zip(length * np.eye(3), (RED, GREEN, BLUE), strict=True):
        marker.points += [Point(), _point(axis)]
        marker.colors += [_rgba(colour)] * 2
    return marker


def outline(ns: str, lower: ArrayLike, upper: ArrayLike, colour: Colour) -> Marker:
    """Return the edges of the box between two corners (3,), m."""
    ends = np.array([lower, upper], dtype=float)
    corners = [ends[[i & 1, i >> 1 & 1, i >> 2], range(3)] for i in range(8)]
    marker = shape(ns, Marker.LINE_LIST, np.eye(4), [LINE, 0.0, 0.0], colour)
    marker.points = [_point(corners[end]) for edge in EDGES for end in edge]
    return marker


def text(ns: str, position: Array, words: str, colour: Colour) -> Marker:
    """Return words at ``position`` (3,), m, that face the viewer."""
    scale = (0.0, 0.0, LETTER)
    marker = shape(ns, Marker.TEXT_VIEW_FACING, _at(position), scale, colour)
    marker.text = words
    return marker


def solid(ns: str, told: Solid, colour: Colour) -> list[Marker]:
    """Return a solid; of a half-space a part of its plane."""
    T = told.matrix()
    if told.box is not None:
        return [shape(ns, Marker.CUBE, T, told.box, colour)]
    if told.half_space is not None:
        turn, _ = Rotation.align_vectors([told.half_space], [[0.0, 0.0, 1.0]])
        T[:3, :3] = turn.as_matrix()
        return [shape(ns, Marker.CUBE, T, PLANE, colour)]
    radius, length = told.capsule or (told.sphere or 0.0, 0.0)
    half = T[:3, 2] * length / 2
    if not length:
        return [sphere(ns, T[:3, 3], radius, colour)]
    tube = shape(ns, Marker.CYLINDER, T, [2 * radius, 2 * radius, length], colour)
    ends = (T[:3, 3] - half, T[:3, 3] + half)
    return [tube, *(sphere(ns, end, radius, colour) for end in ends)]


def _at(position: Array) -> Array:
    T = np.eye(4)
    T[:3, 3] = position
    return T


def _point(xyz: Array) -> Point:
    x, y, z = xyz.tolist()
    return Point(x=x, y=y, z=z)


def _rgba(colour: Colour) -> ColorRGBA:
    red, green, blue, opacity = colour
    return ColorRGBA(r=red, g=green, b=blue, a=opacity)
