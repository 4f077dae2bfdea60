"""What opens and closes at the tip, and which way the tool points."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.geometry.hulls import parts
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.tree import links_at
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import TOOL_AXES
from robot_learning.robot.urdf import UrdfJoint

Array = NDArray[np.float64]
DRIVEN = 3  # joints that open and close on their own; more are a hand
TURN = 1.6  # rad that a finger turns which the URDF does not limit
FORCE, STRONGEST = 20.0, 200.0  # N or N m: assumed, at most
QUICK, SLOW = 0.3, 2.0  # s from closed to open, at least and at most
WIDTH = 0.05  # m, assumed
BEHIND = 0.05  # m that a link is long which points against the axis of its frame
CLEAR = 0.8  # cosine from which an axis is plainly along the tool


class Found(NamedTuple):
    """A gripper as the YAML file has it, and where its values come from."""

    settings: dict[str, Any]
    sources: dict[str, str]


def find_gripper(
    spec: RobotSpec, fingers: Sequence[UrdfJoint], states: Mapping[str, Mapping[str, float]]
) -> Found | None:
    """Return the gripper made of the joints beyond the last of the arm; None for a hand.

    Args:
        spec: the robot without it.
        fingers: joints beyond the last of the arm.
        states: named ones, from an SRDF.
    """
    driven = [joint for joint in fingers if not joint.mimic]
    if not 1 <= len(driven) <= DRIVEN or any(joint.name in spec.joints for joint in fingers):
        return None
    ends = _named(fingers, states)
    source = f"SRDF: states {', '.join(ends)}" if ends else "computed: open is farther apart"
    hand = _Hand(spec, fingers)
    opened, closed = ends.values() if ends else _ends(hand, driven)
    joints = {
        joint.name: {"open": _place(joint, opened), "closed": _place(joint, closed)}
        for joint in fingers
    }
    joints = {name: ends for name, ends in joints.items() if ends["open"] != ends["closed"]}
    if not joints:
        return None
    width = round(abs(hand.spread(opened) - hand.spread(closed)), 3)
    force, time = _force(driven), _time(driven, opened, closed)
    return Found(
        {"joints": joints, "width": width or WIDTH, "force": force, "time": time},
        {
            "gripper.joints": source,
            "gripper.width": "computed: m that the fingers come nearer; measure it",
            "gripper.force": "URDF: effort" if force != FORCE else "assumed",
            "gripper.time": "computed from the speed limits, s",
        },
    )


def find_tool_axis(spec: RobotSpec, fingers: Sequence[UrdfJoint]) -> tuple[str, str]:
    """Return the axis of the tip that points out of the tool, and how it was found."""
    model = ArmModel(spec)
    T = model.forward(np.zeros(spec.n))
    origin = model.screws[-1, 3:6]
    own = _centres(spec, [joint.name for joint in fingers]) if fingers else {}
    offset = T[:3, 3] - origin
    if own:
        centre = np.mean(list(own.values()), axis=0)
        along, why = centre - origin, "computed: from the last joint to the fingers"
    elif np.linalg.norm(offset) > 0.02:
        along, why = offset, "computed: from the last joint to the tip"
    else:
        along, why = _outward(spec, model, T[:3, :3]), "computed: along the last joint"
    inside = T[:3, :3].T @ along / max(float(np.linalg.norm(along)), 1e-9)
    best = int(np.argmax(np.abs(inside)))
    if abs(inside[best]) < CLEAR:
        why += "; not plainly along an axis: look at it"
    return TOOL_AXES[best + (0 if inside[best] > 0 else 3)], why


def _outward(spec: RobotSpec, model: ArmModel, tip: Array) -> Array:
    """Return the last joint's axis (3,), the way that the tip's own axis or the last link goes."""
    axis, origin = model.screws[-1, :3], model.screws[-1, 3:6]
    ahead = axis * np.sign((tip.T @ axis)[np.argmax(np.abs(tip.T @ axis))])
    own = [part.points for part in parts(spec) if part.joint == spec.joints[-1]]
    reach = (np.concatenate(own) - origin) @ ahead if own else np.zeros(1)
    back = -reach.min() > max(2 * reach.max(), BEHIND)
    return np.asarray(-ahead if back else ahead)


def _named(
    fingers: Sequence[UrdfJoint], states: Mapping[str, Mapping[str, float]]
) -> dict[str, dict[str, float]]:
    """Return the named states that open and close all driven fingers, or nothing."""
    driven = {joint.name for joint in fingers if not joint.mimic}
    found: dict[str, dict[str, float]] = {}
    for word in ("open", "close"):
        for name, state in states.items():
            if word in name.lower() and driven <= set(state):
                found.setdefault(word, {joint: state[joint] for joint in driven})
    return found if len(found) == 2 and found["open"] != found["close"] else {}


def _ends(hand: "_Hand", driven: Sequence[UrdfJoint]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the positions of the driven joints when open and when closed."""
    rest = {joint.name: joint.nearest_to_zero() for joint in driven}
    opened, closed = dict(rest), dict(rest)
    for joint in driven:
        low = -TURN if joint.lower is None else joint.lower
        high = TURN if joint.upper is None else joint.upper
        at_low, at_high = (hand.spread({**rest, joint.name: place}) for place in (low, high))
        opened[joint.name], closed[joint.name] = (low, high) if at_low > at_high else (high, low)
    return opened, closed


class _Hand:
    """Where the ends of fingers are."""

    def __init__(self, spec: RobotSpec, fingers: Sequence[UrdfJoint]) -> None:
        self._spec, self._fingers = spec, fingers
        self._names = [joint.name for joint in fingers]
        self._still = links_at(spec, self._names, [{}])[0]
        self._centres = _centres(spec, self._names)
        self._tip = ArmModel(spec).forward(np.zeros(spec.n))[:3, 3]

    def spread(self, driven: Mapping[str, float]) -> float:
        """Return how far apart the ends of the fingers are, m; of a single one, from the tip."""
        place = {joint.name: _place(joint, driven) for joint in self._fingers}
        moved = links_at(self._spec, self._names, [place])[0]
        parents, ends = {link.parent for link in self._still}, []
        for before, after in zip(self._still, moved, strict=True):
            if before.joint in self._names and before.joint not in parents:
                middle = self._centres.get(before.joint, before.pose[:3, 3])
                there = after.pose @ np.linalg.inv(before.pose) @ np.append(middle, 1.0)
                ends.append(there[:3])
        if len(ends) == 1:
            return float(np.linalg.norm(ends[0] - self._tip))
        return 2 * float(np.linalg.norm(ends - np.mean(ends, axis=0), axis=1).mean())


def _centres(spec: RobotSpec, joints: Sequence[str]) -> dict[str, Array]:
    """Return the middle (3,) of what each of these joints moves, all joints at 0, m."""
    points: dict[str, list[Array]] = {}
    for part in parts(spec, joints):
        if part.joint in joints:
            points.setdefault(part.joint, []).append(part.points)
    return {joint: np.concatenate(own).mean(axis=0) for joint, own in points.items()}


def _place(joint: UrdfJoint, driven: Mapping[str, float]) -> float:
    """Return where a finger is with the driven ones at these positions, inside its limits."""
    place = driven.get(joint.name, 0.0)
    if joint.mimic:
        place = joint.mimic.multiplier * driven.get(joint.mimic.joint, 0.0) + joint.mimic.offset
    low = -np.inf if joint.lower is None else joint.lower
    high = np.inf if joint.upper is None else joint.upper
    return float(np.clip(place, low, high))


def _force(driven: Sequence[UrdfJoint]) -> float:
    efforts = [joint.effort for joint in driven if joint.effort]
    return min(efforts) if efforts and min(efforts) <= STRONGEST else FORCE


def _time(
    driven: Sequence[UrdfJoint], opened: Mapping[str, float], closed: Mapping[str, float]
) -> float:
    times = [
        abs(opened[joint.name] - closed[joint.name]) / joint.velocity
        for joint in driven
        if joint.velocity
    ]
    return round(float(np.clip(max(times, default=0.5), QUICK, SLOW)), 2)
