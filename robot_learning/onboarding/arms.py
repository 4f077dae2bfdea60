"""Which joints of a robot are an arm, and which are its fingers."""

from collections.abc import Sequence
from typing import NamedTuple

from robot_learning.onboarding.tree import Tree, words
from robot_learning.robot.urdf import UrdfJoint

LEAST = 3  # joints of an arm
CARRIED = 6  # joints of a single arm beyond what is named as its torso is
FINGER = 4  # joints of a finger, at most
FAR, TURNS = 20.0, 1000.0  # m and rad that no joint of an arm travels
TRAVEL = 0.1  # m that a sliding finger travels, at most
FINGERS = {"finger", "jaw", "claw", "thumb", "knuckle"}
DIGITS = {*FINGERS, "index", "middle", "ring", "little", "pinky"}
HANDS = {*FINGERS, "gripper", "grip", "grasp"}  # of joints; a wrist may carry the gripper
# What chains of joints may be that are no arms, and what may carry an arm.
OTHERS = {
    *("leg", "hip", "knee", "ankle", "foot", "toe", "thigh", "calf", "shank"),
    *("haa", "hfe", "kfe", "hfe", "wheel", "caster", "head", "neck", "eye", "camera", "gimbal"),
    *("rotor", "propeller", "steer", "steering", "tail", "abad"),
}
CARRIERS = {
    *("torso", "waist", "trunk", "spine", "chest", "odom", "virtual", "mobile", "wheel"),
    *("pelvis", "body", "backwards", "forwards"),
}


class Arm(NamedTuple):
    """A chain of joints with what it carries.

    Attributes:
        joints: from the base to the tip.
        fingers: joints that move beyond the last of them.
    """

    joints: tuple[UrdfJoint, ...]
    fingers: tuple[UrdfJoint, ...]

    @property
    def name(self) -> str:
        """What a user is shown."""
        return f"{self.joints[0].name} … {self.joints[-1].name}"


def find_arms(tree: Tree) -> list[Arm]:
    """Return the arms of a robot, the longest first, of two alike the right one."""
    chains = [chain for chain in _chains(tree, tree.root, ()) if not _is_other(chain)]
    own = [_own(chain, [other for other in chains if other != chain]) for chain in chains]
    arms = [arm_of(tree, chain) for chain in own if len(chain) >= LEAST]
    lengths = {len(arm.joints) for arm in arms}
    if len(arms) > 2 and len(lengths) == 1 and max(lengths) <= FINGER:
        return []  # legs, or a hand alone
    return sorted(arms, key=lambda arm: (-len(arm.joints), not _is_right(arm)))


def arm_of(tree: Tree, chain: Sequence[UrdfJoint]) -> Arm:
    """Return a chain of joints with the fingers that it carries."""
    below = tree.joints_of(chain[-1].child)
    return Arm(tuple(chain), tuple(joint for first in below for joint in tree.beyond(first)))


def without_carriers(chain: Sequence[UrdfJoint]) -> tuple[UrdfJoint, ...]:
    """Return a chain without the torso and the like that it begins with."""
    drives = [number for number, joint in enumerate(chain) if _drives(joint)]
    if drives and len(chain) - drives[-1] > LEAST:
        return tuple(chain[drives[-1] + 1 :])
    names = [{*words(joint.name)} for joint in chain]
    named = [number for number, name in enumerate(names) if name & CARRIERS]
    # `waist` is what some makers call the first joint of an arm.
    first = named[-1] + 1 if named and named == list(range(len(named))) else 0
    return tuple(chain[first if len(chain) - first >= CARRIED else 0 :])


def _chains(tree: Tree, link: str, chain: tuple[UrdfJoint, ...]) -> list[tuple[UrdfJoint, ...]]:
    below = tree.joints_of(link)
    if chain and (not below or _is_palm(tree, chain, below)):
        return [chain]
    free = [joint for joint in below if not joint.mimic]
    return [found for joint in free for found in _chains(tree, joint.child, (*chain, joint))]


def _is_palm(tree: Tree, chain: Sequence[UrdfJoint], below: Sequence[UrdfJoint]) -> bool:
    """Say whether what moves against the last body of a chain are fingers."""
    deepest = max(tree.depth(joint) for joint in below)
    digits = sum(1 for joint in below if DIGITS & {*words(joint.name)})
    if len(chain) >= LEAST and digits > 1:
        return True
    if len(chain) < LEAST or deepest > FINGER:
        return False
    if len(below) > 1:
        return True
    joint = below[0]
    driven = bool(joint.mimic) or joint.name in tree.mimicked
    named = bool(HANDS & {*words(joint.name)} or FINGERS & {*words(joint.child)})
    slides = joint.type == "prismatic" and _travel(joint) <= TRAVEL and len(chain) > LEAST
    return deepest <= FINGER // 2 and (driven or named or (slides and deepest == 1))


def _drives(joint: UrdfJoint) -> bool:
    """Say whether a joint goes as far as only a vehicle does."""
    return _travel(joint) > (FAR if joint.type == "prismatic" else TURNS)


def _travel(joint: UrdfJoint) -> float:
    return (joint.upper or 0.0) - (joint.lower or 0.0)


def _is_other(chain: Sequence[UrdfJoint]) -> bool:
    """Say whether the end of a chain is named as a leg, a head or a wheel is."""
    last = chain[-1]
    return bool(OTHERS & {*words(last.name), *words(last.child)})


def _own(
    chain: Sequence[UrdfJoint], others: Sequence[Sequence[UrdfJoint]]
) -> tuple[UrdfJoint, ...]:
    """Return a chain without what it shares with another arm, and without what carries it."""
    shared = 0
    for other in others:
        same = sum(1 for one, two in zip(chain, other, strict=False) if one == two)
        if len(other) - same >= LEAST:
            shared = max(shared, same)
    return without_carriers(chain[shared:])


def _is_right(arm: Arm) -> bool:
    return bool({"right", "r"} & {*words(arm.joints[-1].name), *words(arm.joints[0].name)})
