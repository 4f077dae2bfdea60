"""What a URDF may say, and the one line that names what it may not."""

import sys

import numpy as np
import pytest
from helpers.urdf import write_arm, write_files

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.robot.urdf_file import expanded, read_urdf

LINK = '<link name="other"/>'
TIP = np.array([0.25 * np.sin(1.2) + 0.3 * np.sin(0.4), 0, 0])


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        (LINK, "one link above all others.*base, other"),
        ('<link name="l1"/>', "link 'l1'.*2 have it"),
        (LINK + '<joint name="j3" type="ball"/>', "joint 'j3': type 'ball'"),
        (
            LINK
            + '<joint name="j3" type="fixed"><parent link="l9"/><child link="other"/></joint>',
            "joint 'j3': parent: there is no link 'l9'",
        ),
        ('<link name="other"><inertial><mass value="-1"/></inertial></link>', "inertial"),
        (
            '<link name="other"><collision><geometry><box size="1 1 ${h}"/></geometry>'
            "</collision></link>",
            "xacro",
        ),
        (
            '<link name="other"><collision><geometry><cone/></geometry></collision></link>',
            "link 'other'.*box, cylinder.*cone",
        ),
    ],
)
def test_one_line_names_what_is_wrong(tmp_path, extra, named):
    with pytest.raises(ConfigError, match=named) as error:
        write_arm(tmp_path, extra=extra)
    assert "small.urdf" in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("names", [("l1", "l2"), ("base", "tip")])
def test_a_joint_and_a_link_may_share_a_name(tmp_path, names):
    tip = ArmModel(write_arm(tmp_path, names=names)).forward(np.array([0.4, 0.8]))[:3, 3]
    np.testing.assert_allclose(tip[0], TIP[0])


@pytest.mark.parametrize("kind", ["floating", "planar"])
def test_a_base_that_could_move_is_held(tmp_path, kind):
    above = (
        f'<link name="world"/><joint name="virtual" type="{kind}"><parent link="world"/>'
        '<child link="base"/><origin xyz="0 0 1"/></joint>'
    )
    model = ArmModel(write_arm(tmp_path, above=above))
    np.testing.assert_allclose(model.forward(np.array([0.4, 0.8]))[0, 3], TIP[0])
    np.testing.assert_allclose(model.T_base_root[:3, 3], [0, 0, -1])


def test_a_package_is_the_folder_of_that_name_above(tmp_path):
    folder = tmp_path / "my_arm" / "urdf"
    (tmp_path / "my_arm" / "meshes").mkdir(parents=True)
    folder.mkdir()
    mesh = tmp_path / "my_arm" / "meshes" / "a.stl"
    mesh.write_text("solid\nendsolid\n")
    write_arm(folder, body=mesh_body("package://my_arm/meshes/a.stl"))
    root = read_urdf(folder / "small.urdf")
    assert root.find("link/collision/geometry/mesh").get("filename") == str(mesh)


def test_the_unit_of_a_collada_file_is_in_the_scale(tmp_path):
    header = '<COLLADA><asset><unit name="inch" meter="0.0254"/></asset></COLLADA>'
    (tmp_path / "a.dae").write_text(header)
    write_arm(tmp_path, body=mesh_body("a.dae"))
    mesh = read_urdf(tmp_path / "small.urdf").find("link/collision/geometry/mesh")
    assert mesh.get("scale").split() == ["0.0254"] * 3


def mesh_body(file):
    return f'<collision><geometry><mesh filename="{file}"/></geometry></collision>'


def test_a_missing_visual_mesh_is_left_out(tmp_path):
    write_arm(tmp_path, body=mesh_body("gone.stl").replace("collision", "visual"))
    assert read_urdf(tmp_path / "small.urdf").find("link/visual") is None


def test_a_xacro_is_expanded_or_says_how(tmp_path, monkeypatch):
    limit = '<limit lower="${-2}" upper="2" effort="9" velocity="2"/>'
    path = write_files(
        tmp_path, kind="revolute", limit=limit,
        inertial="", body="", extra="", above="", base="base", names=("j1", "j2"), more="",
    )  # fmt: skip
    monkeypatch.setitem(sys.modules, "xacro", None)
    with pytest.raises(ConfigError, match=r"small.urdf: a xacro; .*xacro small.urdf > arm.urdf"):
        RobotSpec.load(path)
    monkeypatch.undo()
    pytest.importorskip("xacro")
    text = (tmp_path / "small.urdf").read_text().replace("${-2}", "${-3 * 0.5}")
    (tmp_path / "small.urdf").write_text(text)
    with pytest.raises(ConfigError, match="looser than the URDF's -1.5"):
        RobotSpec.load(path)


def test_a_xacro_finds_packages_without_ros_and_under_another_name(tmp_path):
    pytest.importorskip("xacro")
    macros = tmp_path / "cloned-arm" / "urdf" / "links.xacro"
    macros.parent.mkdir(parents=True)
    macros.write_text(
        '<robot xmlns:xacro="http://wiki.ros.org/xacro"><xacro:macro name="made" params="name">'
        '<link name="${name}"/></xacro:macro></robot>'
    )
    file = macros.with_name("arm.urdf.xacro")
    file.write_text(
        '<robot name="arm" xmlns:xacro="http://wiki.ros.org/xacro"><xacro:arg name="base" '
        'default="base"/><xacro:include filename="$(find my_arm_description)/urdf/links.xacro"/>'
        '<xacro:made name="$(arg base)"/></robot>'
    )
    assert read_urdf(file).find("link").get("name") == "base"
    assert b'name="floor"' in expanded(file, {"base": "floor"})


def test_zeros_that_exporters_write_are_no_limits(tmp_path):
    limit = '<limit lower="0" upper="0" effort="0" velocity="0"/>'
    default = "{lower: -1, upper: 1.5, velocity: 1, acceleration: 5}"
    spec = write_arm(tmp_path, limit=limit, default=default)
    assert spec.upper.tolist() == [1.5, 1.5] and spec.velocity.tolist() == [1, 1]


def test_a_joint_of_the_chain_can_be_held(tmp_path):
    spec = write_arm(tmp_path, home="{j2: 0.8}", more="hold: {j1: 0.4}")
    tip = ArmModel(spec).forward(np.array([0.8]))[:3, 3]
    assert spec.joints == ("j2",)
    np.testing.assert_allclose(tip[0], TIP[0])


def test_prefixes_need_no_declaration_and_lines_may_stand_before_all(tmp_path):
    limit = '<limit drake:acceleration="2" lower="-2" upper="2" effort="50" velocity="2"/>'
    write_arm(tmp_path, limit=limit, extra="<drake:x/><!-- a: b=c -->")
    file = tmp_path / "small.urdf"
    file.write_text('\n<?xml version="1.0"?>\n' + file.read_text())
    assert ArmModel(RobotSpec.load(tmp_path / "small.yaml")).spec.n == 2
