"""A robot's YAML file made from its URDF: which rule decides what, in which order."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from robot_learning.base.errors import ConfigError
from robot_learning.onboarding.arms import LEAST, Arm, arm_of, find_arms, without_carriers
from robot_learning.onboarding.contacts import Surroundings
from robot_learning.onboarding.draft import Draft
from robot_learning.onboarding.frames import base_of, tilt, tip_reason, tips_of
from robot_learning.onboarding.gripper import find_gripper, find_tool_axis
from robot_learning.onboarding.home import LOAD, Home
from robot_learning.onboarding.limits import derived_limits
from robot_learning.onboarding.placement import put_floor, put_home
from robot_learning.onboarding.srdf import read_states
from robot_learning.onboarding.tree import Tree
from robot_learning.onboarding.workspace import POOR, find_workspace
from robot_learning.robot.controllers import Heard, controller_of
from robot_learning.robot.schema import Controller
from robot_learning.robot.urdf import Urdf

# Asks the user a question with options and a default; returns one of them.
Ask = Callable[[str, Sequence[str], str], str]
MOUNTS = {"floor": None, "ceiling": [0, 0, 1], "wall": [1, 0, 0]}  # gravity in the base frame
SLOW = 0.3  # rad/s; a chain with a slower joint waits for it


def default(question: str, options: Sequence[str], marked: str) -> str:
    """Answer with the default."""
    return marked


@dataclass(frozen=True)
class Wishes:
    """What the user said about an arm.

    Attributes:
        base: link that poses are given in; found where empty.
        tip: link that goes to goals; found where empty.
        srdf: file with named states, or None.
        mount: one of ``MOUNTS``.
        floor: its height in the base frame, m; found where None.
        controllers: that were heard of on a running robot.
    """

    base: str = ""
    tip: str = ""
    srdf: Path | None = None
    mount: str = "floor"
    floor: float | None = None
    controllers: tuple[Heard, ...] = ()


def make_draft(urdf: Path, out: Path, wishes: Wishes, ask: Ask = default) -> Draft:
    """Return all that a robot's YAML file needs.

    Args:
        urdf: the file.
        out: where the YAML file is to be.
        wishes: what the user said.
        ask: asks where a choice is the user's.

    Raises:
        ConfigError: in one line, what to write where no rule helps.
    """
    tree, draft = Tree(Urdf.load(urdf, named_by=out)), Draft(out)
    draft.put("urdf", _written(urdf, out), "")
    states = read_states(wishes.srdf) if wishes.srdf else {}
    arm = _choose_arm(tree, wishes, ask)
    _put_frames(draft, tree, arm, wishes, ask)
    _put_limits(draft, arm)
    _put_provisional(draft, arm)
    if MOUNTS[wishes.mount]:
        draft.put("gravity", MOUNTS[wishes.mount], f"told: on the {wishes.mount}")
    _put_tool(draft, arm, states)
    put_floor(draft, wishes.floor)
    home = put_home(draft, states)
    _put_workspace(draft)
    draft.put("control_period", 0.04, "assumed, s")
    _put_controllers(draft, wishes)
    _remark(draft, tree, arm, home)
    return draft


def _written(urdf: Path, out: Path) -> str:
    """Return the URDF as the YAML file refers to it: by a short relative path, or absolute."""
    relative = os.path.relpath(urdf.resolve(), out.resolve().parent)
    return relative if not relative.startswith("../../..") else str(urdf.resolve())


def _choose_arm(tree: Tree, wishes: Wishes, ask: Ask) -> Arm:
    arms = find_arms(tree)
    if wishes.tip:
        return _asked_for(tree, arms, wishes)
    if wishes.base:
        arms = [arm for arm in arms if wishes.base in _above(tree, arm)]
    if not arms:
        raise ConfigError(
            f"{tree.urdf.path}: no arm of {LEAST} joints or more was found; name its ends with "
            "--base and --tip"
        )
    by_name = {arm.name: arm for arm in arms}
    chosen = next(iter(by_name))
    if len(by_name) > 1:
        chosen = ask("Which arm?", list(by_name), chosen)
    arm = by_name[chosen]
    if wishes.base:
        return _asked_for(tree, arms, Wishes(wishes.base, arm.joints[-1].child))
    return arm


def _above(tree: Tree, arm: Arm) -> list[str]:
    return [joint.parent for joint in tree.way(arm.joints[-1].child)]


def _asked_for(tree: Tree, arms: Sequence[Arm], wishes: Wishes) -> Arm:
    """Return the arm that ends where the user said."""
    links = {link.get("name", "") for link in tree.urdf.root.findall("link")}
    for key, link in (("--tip", wishes.tip), ("--base", wishes.base)):
        if link and link not in links:
            raise ConfigError(f"{key} {link}: {tree.urdf.path} has no such link")
    way = tree.way(wishes.tip)
    if wishes.base and wishes.base not in [joint.parent for joint in way]:
        raise ConfigError(f"--tip {wishes.tip}: not below --base {wishes.base}")
    start = [joint.parent for joint in way].index(wishes.base) if wishes.base else 0
    chain = [joint for joint in way[start:] if joint.moves]
    if not chain:
        raise ConfigError(f"--tip {wishes.tip}: no joint moves it")
    if not wishes.base:
        same = [arm for arm in arms if arm.joints[0] in chain]
        first = chain.index(same[0].joints[0]) if same else 0
        chain = chain[first:] if same else list(without_carriers(chain))
    return arm_of(tree, chain)


def _put_frames(draft: Draft, tree: Tree, arm: Arm, wishes: Wishes, ask: Ask) -> None:
    base, why = base_of(tree, arm.joints[0])
    draft.put("base_link", wishes.base or base, "told" if wishes.base else why)
    tips = tips_of(tree, arm.joints[-1])
    tip = wishes.tip or (
        ask("Which link is the tip?", tips, tips[0]) if len(tips) > 1 else tips[0]
    )
    said = tip != tips[0] or wishes.tip
    draft.put("tip_link", tip, "told" if said else tip_reason(tree, tip, arm.joints[-1]))


def _put_limits(draft: Draft, arm: Arm) -> None:
    for joint in arm.joints:
        found = derived_limits(joint)
        values = {key: item.value for key, item in found.items()}
        whys: dict[str, list[str]] = {}
        for key, item in found.items():
            whys.setdefault(item.why, []).append(key)
        source = "; ".join(f"{', '.join(keys)}: {why}" for why, keys in whys.items())
        draft.put(f"limits.{joint.name}", values, source)


def _put_provisional(draft: Draft, arm: Arm) -> None:
    """Begin with the middle of all joints as home, and all of space as workspace."""
    home = {}
    for joint in arm.joints:
        given = draft.values["limits"][joint.name]
        low, high = given.get("lower", joint.lower), given.get("upper", joint.upper)
        home[joint.name] = (low + high) / 2
    draft.values |= {"home": home, "workspace": {"lower": [-9, -9, -9], "upper": [9, 9, 9]}}


def _put_tool(draft: Draft, arm: Arm, states: Mapping[str, Mapping[str, float]]) -> None:
    spec = draft.spec()
    axis, why = find_tool_axis(spec, arm.fingers)
    draft.put("tool_axis", axis, why)
    gripper = find_gripper(spec, arm.fingers, states) if arm.fingers else None
    if gripper is not None:
        for key, value in gripper.settings.items():
            draft.put(f"gripper.{key}", value, gripper.sources[f"gripper.{key}"])
    elif arm.fingers:
        names = ", ".join(joint.name for joint in arm.fingers)
        draft.remarks.append(f"{names} are held: a hand, or a gripper to write under 'gripper:'")


def _put_workspace(draft: Draft) -> None:
    found = find_workspace(draft.spec())
    lower, upper = ([round(float(x), 3) for x in corner] for corner in (found.lower, found.upper))
    source = f"computed: around free tips; {found.solved:.0%} of it in reach, m"
    draft.put("workspace", {"lower": lower, "upper": upper}, source)
    if found.policy_every > 1:
        why = "computed: the arm needs the time to reach a goal in 50 policy periods"
        draft.put("policy_every", found.policy_every, why)
    if found.solved < POOR:
        draft.remarks.append(f"the arm reaches {found.solved:.0%} of the workspace: narrow it")


def _put_controllers(draft: Draft, wishes: Wishes) -> None:
    spec = draft.spec()
    arm = controller_of(spec.joints, wishes.controllers)
    if arm is not None:
        draft.put("controller", {"type": arm.type, "topic": arm.topic}, "heard of on ROS")
    else:
        draft.put("controller", {"type": Controller().type}, "assumed, on its usual topic")
        if wishes.controllers:
            topics = ", ".join(one.topic for one in wishes.controllers)
            draft.remarks.append(f"which of {topics} moves the arm is not known: see 'controller'")
    fingers = spec.gripper and controller_of(spec.gripper.joints[:1], wishes.controllers)
    if fingers and fingers.joints:
        what = {"type": fingers.type, "topic": fingers.topic}
        draft.put("gripper.controller", what, "heard of on ROS")


def _remark(draft: Draft, tree: Tree, arm: Arm, home: Home) -> None:
    spec = draft.spec()
    load = home.load(spec.home)
    if load > LOAD:
        draft.remarks.append(f"gravity takes {load:.0%} of a joint's effort at home, by the URDF")
    blind = Surroundings(spec).arm.without_geometry
    if blind:
        draft.remarks.append(f"no collision geometry below {', '.join(blind)}: nothing guards it")
    slow = [joint.name for joint in arm.joints if (joint.velocity or 9) < SLOW]
    if slow and joint_kinds(arm) > 1:
        draft.remarks.append(f"{', '.join(slow)} slow the whole arm; hold them outside the chain")
    lean = tilt(tree, spec.base_link)
    if lean > 0.035 and spec.gravity is None:
        draft.remarks.append(f"{spec.base_link} leans by {np.rad2deg(lean):.0f}° against the root")


def joint_kinds(arm: Arm) -> int:
    """Return how many joints of an arm are quick enough."""
    return sum(1 for joint in arm.joints if (joint.velocity or 9) >= SLOW)
