"""Rules that read a URDF's tree: which joints are an arm, its frames, its limits."""

import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.onboarding.arms import find_arms
from robot_learning.onboarding.frames import base_of, tips_of
from robot_learning.onboarding.limits import derived_limits
from robot_learning.onboarding.tree import Tree, words
from robot_learning.robot.urdf import Urdf

LIMIT = '<limit lower="-1" upper="1" velocity="2" effort="9"/>'


def joint(name, parent, child, kind="revolute", inner=LIMIT):
    return (
        f'<joint name="{name}" type="{kind}"><parent link="{parent}"/><child link="{child}"/>'
        f"{inner}</joint>"
    )


def chain(prefix, start, count):
    """Return joints prefix1 … with links of the same names, the first one below ``start``."""
    links = [start, *(f"{prefix}{k}" for k in range(1, count + 1))]
    pairs = zip(links, links[1:], strict=False)
    return "".join(joint(f"{child}_joint", parent, child) for parent, child in pairs)


def tree_of(tmp_path, joints):
    from xml.etree import ElementTree as ET

    root = ET.fromstring(f"<robot>{joints}</robot>")
    names = {end.get("link") for each in root for end in each if end.tag in ("parent", "child")}
    links = "".join(f'<link name="{name}"/>' for name in sorted(names))
    file = tmp_path / "robot.urdf"
    file.write_text(f'<robot name="r">{links}{joints}</robot>')
    return Tree(Urdf.load(file, named_by=file))


def names(arms):
    return [[each.name.removesuffix("_joint") for each in arm.joints] for arm in arms]


HAND = joint("thumb", "wrist3", "thumb_link") + joint("index", "wrist3", "index_link")


@pytest.mark.parametrize(
    ("joints", "expected"),
    [
        (chain("a", "base", 6), [["a1", "a2", "a3", "a4", "a5", "a6"]]),
        # Two short children are fingers; a single one only by its name.
        (chain("wrist", "base", 3) + HAND, [["wrist1", "wrist2", "wrist3"]]),
        (chain("a", "base", 4) + joint("gripper", "a4", "jaw"), [["a1", "a2", "a3", "a4"]]),
        (chain("a", "base", 5), [["a1", "a2", "a3", "a4", "a5"]]),
        # Fingers of many joints by their names.
        (
            chain("a", "base", 4) + chain("index", "a4", 6) + chain("thumb", "a4", 5),
            [["a1", "a2", "a3", "a4"]],
        ),
        # What two arms share is of neither; heads and wheels are no arms; right comes first.
        (
            joint("torso_lift", "base", "torso")
            + chain("left_arm", "torso", 6)
            + chain("right_arm", "torso", 6)
            + chain("head", "torso", 3)
            + joint("wheel", "base", "wheel_link", "continuous", ""),
            [[f"{side}_arm{k}" for k in range(1, 7)] for side in ("right", "left")],
        ),
        # A torso below a single arm stays behind, by its name; a rail does not.
        (
            joint("torso_lift", "base", "torso") + chain("a", "torso", 6),
            [["a1", "a2", "a3", "a4", "a5", "a6"]],
        ),
        (joint("rail", "base", "car") + chain("a", "car", 4), [["rail", "a1", "a2", "a3", "a4"]]),
        # Legs, with names and without, and a joint that can't move.
        (chain("left_leg", "base", 6) + chain("right_leg", "base", 6), []),
        ("".join(chain(prefix, "base", 3) for prefix in "abcd"), []),
        (
            chain("a", "base", 3)
            + joint("stuck", "a3", "b", inner=LIMIT.replace('"-1"', '"1"'))
            + chain("c", "b", 1),
            [["a1", "a2", "a3", "c1"]],
        ),
    ],
)
def test_arms_are_found(tmp_path, joints, expected):
    assert names(find_arms(tree_of(tmp_path, joints))) == expected


def test_the_base_is_upright_and_the_tip_has_a_name(tmp_path):
    tilted = '<origin rpy="0 0.5 0"/>'
    joints = (
        joint("mount", "world", "base", "fixed", tilted)
        + chain("a", "base", 4)
        + "".join(
            joint(f"to_{name}", "a4", name, "fixed", "")
            for name in ("camera_tool0", "flange", "tool0", "sensor")
        )
        + joint("to_tcp", "tool0", "my_tcp", "fixed", "")
    )
    tree = tree_of(tmp_path, joints)
    arm = find_arms(tree)[0]
    assert base_of(tree, arm.joints[0])[0] == "world"
    assert tips_of(tree, arm.joints[-1])[:3] == ["my_tcp", "tool0", "flange"]


@pytest.mark.parametrize(
    ("kind", "limit", "expected"),
    [
        ("revolute", LIMIT, {"acceleration": 10}),
        ("continuous", "", {"lower": -3.1, "upper": 3.1, "velocity": 3.2, "acceleration": 12}),
        (
            "revolute",
            '<limit lower="-1" upper="6.2832" velocity="10" effort="1"/>',
            {"lower": -1.0, "upper": 5.2, "velocity": 3.2, "acceleration": 12},
        ),
        (
            "prismatic",
            '<limit lower="0" upper="1" velocity="0" effort="0"/>',
            {"velocity": 0.5, "acceleration": 2.5},
        ),
    ],
)
def test_limits_that_a_urdf_lacks_are_derived(tmp_path, kind, limit, expected):
    tree = tree_of(tmp_path, joint("j", "a", "b", kind, limit))
    found = derived_limits(tree.urdf.joints["j"])
    assert {key: item.value for key, item in found.items()} == pytest.approx(expected)
    assert all(item.why for item in found.values())


def test_a_slide_without_limits_is_one_line(tmp_path):
    tree = tree_of(tmp_path, joint("j", "a", "b", "prismatic", ""))
    with pytest.raises(ConfigError, match=r"robot.urdf: joint 'j' slides.*<limit lower"):
        derived_limits(tree.urdf.joints["j"])


def test_words_of_a_name():
    assert words("rightElbow_joint2") == ["right", "elbow", "joint"]
    assert words("LF_HAA") == ["lf", "haa"] and words("tool0") == ["tool"]
