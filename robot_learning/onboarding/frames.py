"""The frame that poses are given in, and the one that is brought to a goal."""

import re
from collections.abc import Sequence

import numpy as np

from robot_learning.onboarding.tree import Tree, words
from robot_learning.robot.urdf import UrdfJoint

UPRIGHT = np.deg2rad(2)  # that a base may lean
# By what a frame to bring to a goal is known, the best first.
TIPS = (
    r"grasp.?target|tcp|tool.?cent",
    r"grasp|pinch",
    r"tool0|tool_?link|tool_?frame|(^|_)tool$",
    r"(^|_)ee($|_)|eef|end.?effector|gripper_frame|gripper_?tip",
    r"flange",
    r"palm|hand$|gripper(_?base)?(_?link)?$",
)
NO_TIP = {
    *("camera", "cam", "optical", "sensor", "imu", "ft", "light", "inertia", "mount", "screw"),
    *("finger", "adapter", "collision", "sc"),
}


def base_of(tree: Tree, first: UrdfJoint) -> tuple[str, str]:
    """Return the base of an arm, and why: the link above its first joint if that is upright.

    Else the nearest link that this is fixed to and that is.
    """
    mount = tree.mount(first.parent)
    for link in mount:
        if tilt(tree, link) <= UPRIGHT and "inertia" not in words(link):
            why = f"carries {first.name}"
            return link, why if link == mount[0] else f"{why}, and is upright"
    return mount[0], f"carries {first.name}; no link that it is fixed to is upright"


def tilt(tree: Tree, link: str) -> float:
    """Return the angle, rad, between the z axes of a link and of the root, all joints at 0."""
    return float(np.arccos(np.clip(tree.pose(link)[2, 2], -1, 1)))


def tips_of(tree: Tree, last: UrdfJoint) -> list[str]:
    """Return the links that may be the tip of an arm, the best first."""
    links = [link for link in tree.body(last.child) if not NO_TIP & {*words(link)}]
    return sorted(links, key=lambda link: _rank(tree, link)) or [last.child]


def tip_reason(tree: Tree, tip: str, last: UrdfJoint) -> str:
    """Say why a link was taken for the tip."""
    if _named(tip) < len(TIPS):
        return "by its name"
    return f"carried by {last.name}; no link is named as a tip is"


def _rank(tree: Tree, link: str) -> tuple[int, bool, int]:
    """Return what orders tips: their name, whether they are bare frames, how far out they are."""
    return _named(link), tree.has_geometry(link), _distance(tree, link)


def _named(link: str) -> int:
    found: Sequence[int] = [
        number for number, pattern in enumerate(TIPS) if re.search(pattern, link.lower())
    ]
    return found[0] if found else len(TIPS)


def _distance(tree: Tree, link: str) -> int:
    """Return what puts the outermost of named frames first, the innermost of others."""
    far = len(tree.way(link))
    return -far if _named(link) < len(TIPS) else far
