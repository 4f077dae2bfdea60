"""Between ROS messages and the package's types. Joints are matched by name, never by place."""

import math
from array import array
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point, PoseStamped, Quaternion
from numpy.typing import NDArray
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, MultiArrayDimension, MultiArrayLayout
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from robot_learning.base.errors import StateError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import JointCommand, Start
from robot_learning.policy.terms import OPENING
from robot_learning.robot import RobotSpec
from robot_learning.robot.gripper import Gripper

Array = NDArray[np.float64]
# The first two parts of a labelled array, one number each: a float of ns would be rounded.
STAMP = ("stamp.sec", "stamp.nanosec")
# Hears reliable and best-effort publishers alike; drivers are either.
JOINT_STATES = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)


def to_duration(message: Any, seconds: float) -> None:
    """Write s into a duration message."""
    nanoseconds = round(seconds * 1e9)
    message.sec, message.nanosec = nanoseconds // 10**9, nanoseconds % 10**9


def order_of(names: Sequence[str], joints: Sequence[str]) -> list[int]:
    """Return where in ``names`` each of ``joints`` stands; further names are ignored.

    Raises:
        StateError: where a joint is missing or named twice.
    """
    names = list(names)
    for joint in joints:
        if names.count(joint) != 1:
            found = "missing" if joint not in names else "named twice"
            raise StateError(f"joint '{joint}' is {found}; the message has {', '.join(names)}")
    return [names.index(joint) for joint in joints]


def _values(values: Sequence[float], order: list[int], names: Sequence[str], what: str) -> Array:
    if len(values) != len(names):
        raise StateError(f"{len(values)} values of {what} for {len(names)} names")
    array = np.asarray(values, dtype=np.float64)[order]
    if not np.isfinite(array).all():
        raise StateError(f"{what} is not finite: {array}")
    return array


def labelled(stamp: Time, parts: Mapping[str, Sequence[float]]) -> Float64MultiArray:
    """Return named parts one after the other, each a dimension with its label and size.

    The message has no header: its first two numbers are the stamp.
    """
    parts = {STAMP[0]: [stamp.sec], STAMP[1]: [stamp.nanosec], **parts}
    sizes = tuple((label, len(part)) for label, part in parts.items())
    data = array("d", chain.from_iterable(parts.values()))
    return Float64MultiArray(layout=_layout(sizes), data=data)


@lru_cache
def _layout(sizes: tuple[tuple[str, int], ...]) -> MultiArrayLayout:
    """Return the layout of parts with these labels and sizes; a node's are always the same."""
    dimensions = [
        MultiArrayDimension(label=label, size=size, stride=size) for label, size in sizes
    ]
    return MultiArrayLayout(dim=dimensions)


def parts_of(message: Float64MultiArray) -> tuple[Time, dict[str, Array]]:
    """Read what :func:`labelled` wrote: the stamp, and the parts by label.

    Raises:
        StateError: where the labels do not fit the data, or there is no stamp.
    """
    sizes = [dimension.size for dimension in message.layout.dim]
    labels = [dimension.label for dimension in message.layout.dim]
    if sum(sizes) != len(message.data) or tuple(labels[:2]) != STAMP or sizes[:2] != [1, 1]:
        raise StateError(f"labels {labels} of sizes {sizes} for {len(message.data)} numbers")
    data = np.asarray(message.data, dtype=np.float64)
    parts = dict(zip(labels, np.split(data, np.cumsum(sizes)[:-1]), strict=True))
    sec, nanosec = (int(parts.pop(label)[0]) for label in STAMP)
    return Time(sec=sec, nanosec=nanosec), parts


def joint_state(q: Array, qd: Array, joints: Sequence[str], stamp: Time) -> JointState:
    """Return a message with positions and velocities (n,)."""
    message = JointState(name=list(joints), position=q.tolist(), velocity=qd.tolist())
    message.header.stamp = stamp
    return message


def joint_command(message: JointState, spec: RobotSpec) -> JointCommand:
    """Read a command: velocities, positions or both; what is left out is not asked for.

    No standard message holds an acceleration beside a velocity, so ``effort`` holds the most
    acceleration on the way there. The gripper's wish stands beside the joints as the position of
    ``gripper_opening``; positions of the joints that are not asked for are NaN then.

    Raises:
        StateError: where a joint is missing or doubled, a value is missing or not finite, or
            there is no gripper to command.
    """
    joints = spec.joints
    order = order_of(message.name, joints)
    opening = _opening(message, spec)
    q, most = None, None
    qd = np.zeros(len(joints))
    if len(message.velocity):
        qd = _values(message.velocity, order, message.name, "velocity")
    if len(message.position) and not (opening is not None and _untold(message, order)):
        q = _values(message.position, order, message.name, "position")
    if q is None and not len(message.velocity):
        raise StateError("the command has neither position nor velocity")
    if len(message.effort):
        most = _values(message.effort, order, message.name, "effort")
        if not (most > 0).all():
            raise StateError(
                f"effort is {most}; in a command it is the most acceleration and above 0: "
                "leave it empty where there is none"
            )
    return JointCommand(qd, q, opening, most)


def _opening(message: JointState, spec: RobotSpec) -> float | None:
    """Return the opening of the gripper that a command asks for, or None."""
    if OPENING not in message.name:
        return None
    if spec.gripper is None:
        raise StateError(f"'{OPENING}': {spec.path} describes no gripper")
    order = order_of(message.name, (OPENING,))
    opening = float(_values(message.position, order, message.name, f"position of {OPENING}")[0])
    if not 0.0 <= opening <= 1.0:
        raise StateError(f"'{OPENING}': {opening}; expected 0 (closed) to 1 (open)")
    return opening


def _untold(message: JointState, order: list[int]) -> bool:
    return bool(np.isnan(np.asarray(message.position, dtype=np.float64)[order]).all())


def command_message(command: JointCommand, joints: Sequence[str], stamp: Time) -> JointState:
    """Return a command as a message that :func:`joint_command` reads."""
    message = JointState(name=list(joints), velocity=command.qd.tolist())
    if command.q is not None:
        message.position = command.q.tolist()
    if command.acceleration is not None:
        message.effort = command.acceleration.tolist()
    if command.opening is not None:
        message.name.append(OPENING)
        message.velocity.append(0.0)
        message.position = [*(message.position or [math.nan] * len(joints)), command.opening]
        if command.acceleration is not None:
            message.effort.append(0.0)
    message.header.stamp = stamp
    return message


def trajectory_message(
    trajectory: Trajectory, joints: Sequence[str], stamp: Time
) -> JointTrajectory:
    """Return a trajectory for joint_trajectory_controller, its start at ``stamp``."""
    message = JointTrajectory(joint_names=list(joints))
    message.header.stamp = stamp
    for t, q, qd in zip(trajectory.times, trajectory.q, trajectory.qd, strict=True):
        point = JointTrajectoryPoint(positions=q.tolist(), velocities=qd.tolist())
        to_duration(point.time_from_start, float(t))
        message.points.append(point)
    return message


def numbers_in(message: Float64MultiArray, *sizes: int) -> Array:
    """Read the positions or velocities (n,) of a command of a forward_command_controller.

    Raises:
        StateError: where they are not finite, or not of one of the sizes.
    """
    q = np.asarray(message.data, dtype=np.float64)
    if len(q) not in sizes or not np.isfinite(q).all():
        wanted = " or ".join(map(str, sizes))
        raise StateError(f"{len(q)} values; expected {wanted} finite numbers")
    return q


def opening_of(message: JointTrajectory, gripper: Gripper) -> Trajectory:
    """Read a trajectory of a gripper's joints as one of its opening, (m, 1).

    The first joint's alone will do: the others follow it.

    Raises:
        StateError: where its controller would reject the message.
    """
    complete = set(gripper.joints) <= set(message.joint_names)
    fingers = trajectory_of(message, gripper.joints if complete else gripper.joints[:1])
    strokes = (gripper.open - gripper.closed)[: fingers.q.shape[1]]
    opening = np.array([[gripper.opening(q)] for q in fingers.q])
    return Trajectory(fingers.times, opening, (fingers.qd / strokes).mean(axis=1, keepdims=True))


def pose_message(pose: Array, frame: str, stamp: Time) -> PoseStamped:
    """Return a pose (7,), position in m and quaternion x, y, z, w, as a message."""
    message = PoseStamped()
    message.header.frame_id, message.header.stamp = frame, stamp
    x, y, z, *turn = map(float, pose)
    message.pose.position = Point(x=x, y=y, z=z)
    message.pose.orientation = Quaternion(**dict(zip("xyzw", turn, strict=True)))
    return message


def trajectory_of(message: JointTrajectory, joints: Sequence[str]) -> Trajectory:
    """Read a trajectory as joint_trajectory_controller does.

    Raises:
        StateError: where it would reject the message.
    """
    order = order_of(message.joint_names, joints)
    if not message.points:
        raise StateError("the trajectory has no points")
    names = message.joint_names
    q = [_values(p.positions, order, names, "positions") for p in message.points]
    qd = [
        _values(p.velocities, order, names, "velocities")
        if len(p.velocities)
        else np.zeros(len(joints))
        for p in message.points
    ]
    starts = [point.time_from_start for point in message.points]
    times = np.array([start.sec + start.nanosec * 1e-9 for start in starts])
    if not (np.diff(times) > 0).all() or times[0] < 0:
        raise StateError("times from start do not increase")
    if qd[-1].any():
        raise StateError("the last point of the trajectory has a velocity")
    return Trajectory(times, np.array(q), np.array(qd))


def numbers_of(start: Start, objects: Sequence[str]) -> list[float]:
    """Return a start as numbers: q, the opening; of each object x, y, z and turn."""
    places = [[*start.places[name][0], start.places[name][1]] for name in objects]
    return [float(value) for value in (*start.q, start.opening, *np.ravel(places))]


def start_of(numbers: Sequence[float], n: int, objects: Sequence[str]) -> Start:
    """Read what :func:`numbers_of` wrote for an arm of ``n`` joints; of all objects or of none.

    Raises:
        StateError: where they are not that many, or not finite.
    """
    told = np.asarray(numbers, dtype=np.float64)
    if len(told) - n - 1 not in (0, 4 * len(objects)) or not np.isfinite(told).all():
        raise StateError(
            f"start: {len(told)} numbers; expected {n} joints, the opening, and x, y, z, turn of "
            f"each of {len(objects)} objects, all finite"
        )
    places = told[n + 1 :].reshape(-1, 4)
    where = {name: (row[:3], float(row[3])) for name, row in zip(objects, places, strict=False)}
    return Start(told[:n], float(told[n]), where)
