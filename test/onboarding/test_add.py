"""A YAML file made from a URDF is one that a person might have written."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import yaml

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import share_dir
from robot_learning.kinematics import ArmModel
from robot_learning.onboarding.add import Wishes, make_draft
from robot_learning.onboarding.shapes import seen_as_touched
from robot_learning.onboarding.writing import yaml_text
from robot_learning.robot import RobotSpec
from robot_learning.robot.controllers import Heard
from robot_learning.safety import SafetyFilter

ARM6 = share_dir() / "urdf/arm6.urdf"
SRDF = """<robot name="arm6"><group_state name="{name}" group="arm">
<joint name="shoulder_pan_joint" value="0.1"/><joint name="shoulder_lift_joint" value="-0.4"/>
<joint name="elbow_joint" value="{elbow}"/><joint name="wrist_1_joint" value="0"/>
<joint name="wrist_2_joint" value="1.4"/><joint name="wrist_3_joint" value="0"/>
</group_state></robot>"""


@pytest.fixture(scope="module")
def draft(tmp_path_factory):
    return make_draft(ARM6, tmp_path_factory.mktemp("arms") / "mine.yaml", Wishes())


def test_what_is_written_is_read_as_it_was_meant(draft):
    text = yaml_text(draft, "robot-learning robot add arm6.urdf")
    assert yaml.safe_load(text) == draft.values
    draft.path.write_text(text)
    spec, shipped = RobotSpec.load(draft.path), RobotSpec.load("arm6")
    for name in ("joints", "base_link", "tip_link", "tool_axis", "urdf"):
        assert getattr(spec, name) == getattr(shipped, name)
    assert "tip_link: tool0  # by its name" in text
    assert "null" not in text


def test_home_is_free_and_its_tool_points_down(draft):
    spec = draft.spec()
    model = ArmModel(spec)
    assert SafetyFilter(spec).is_free(spec.home)
    assert model.forward(spec.home)[2] @ np.append(spec.tool_direction, 0) < -0.98
    tip = model.forward(spec.home)[:3, 3]
    assert (tip > spec.workspace_lower).all() and (tip < spec.workspace_upper).all()


def test_a_state_of_an_srdf_is_home_where_it_can_be(tmp_path, draft):
    file = tmp_path / "arm6.srdf"
    for elbow, taken in ((1.9, True), (9.0, False)):
        file.write_text(SRDF.format(name="ready", elbow=elbow))
        made = make_draft(ARM6, tmp_path / "mine.yaml", Wishes(srdf=file))
        assert ("SRDF" in made.sources["home"]) == taken
        assert (made.values["home"] == draft.values["home"]) == (not taken)


def test_a_ceiling_and_controllers_that_were_heard(tmp_path, draft):
    joints = tuple(draft.values["home"])
    heard = (
        Heard("forward_position_controller", "/forward/commands", joints),
        Heard("joint_trajectory_controller", "/other/joint_trajectory", ("other",)),
        Heard("joint_trajectory_controller", "/arm/joint_trajectory", joints[::-1]),
    )
    wishes = Wishes(mount="ceiling", controllers=heard)
    made = make_draft(ARM6, tmp_path / "mine.yaml", wishes)
    assert made.values["controller"]["topic"] == "/arm/joint_trajectory"
    assert made.spec().gravity.tolist() == [0, 0, 1]


@pytest.mark.parametrize(
    ("wishes", "named"),
    [
        (Wishes(tip="nowhere"), "--tip nowhere: .*no such link"),
        (Wishes(tip="base_link", base="tool0"), "--tip base_link: not below --base tool0"),
        (Wishes(tip="base_link"), "no joint moves it"),
        (Wishes(tip="upper_arm_link"), "planar chain"),
    ],
)
def test_what_cannot_be_is_one_line(tmp_path, wishes, named):
    with pytest.raises(ConfigError, match=named):
        make_draft(ARM6, tmp_path / "mine.yaml", wishes)


def test_what_has_no_collision_geometry_is_touched_as_it_is_seen(tmp_path):
    assert seen_as_touched(ARM6) is None
    root = ET.fromstring(ARM6.read_text())
    for link in root.findall("link"):
        for part in [*link.findall("collision"), *link.findall("visual")]:
            link.remove(part)
    visual = '<visual><geometry><mesh filename="a.stl" scale="2 2 2"/></geometry></visual>'
    root.find("link").append(ET.fromstring(visual))
    (tmp_path / "a.stl").write_text("solid\nendsolid\n")
    file = tmp_path / "seen.urdf"
    file.write_text(ET.tostring(root, encoding="unicode"))
    mesh = ET.fromstring(seen_as_touched(file)).find("link/collision/geometry/mesh")
    assert mesh.attrib == {"filename": (tmp_path / "a.stl").as_uri(), "scale": "2 2 2"}


def test_an_arm_that_hangs_has_no_floor_and_its_base_is_upright(tmp_path):
    above = (
        '<link name="world"/><joint name="mount" type="fixed"><parent link="world"/>'
        '<child link="base_link"/><origin rpy="3.14159265 0 0"/></joint>'
    )
    text = ARM6.read_text().replace('<link name="base_link">', above + '<link name="base_link">')
    (tmp_path / "arm.urdf").write_text(text)
    made = make_draft(tmp_path / "arm.urdf", tmp_path / "arm.yaml", Wishes())
    assert made.values["base_link"] == "world" and made.values["safety"]["floor"] < -0.5
    assert "measure safety.floor" in made.remarks[0]
    assert ArmModel(made.spec()).forward(made.spec().home)[2, 3] < -0.2
