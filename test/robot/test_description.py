"""A robot's URDF as RViz and Foxglove are given it."""

import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote, urlparse

import pinocchio as pin
import pytest
from helpers.robots import robot_yaml

from robot_learning.robot import RobotSpec
from robot_learning.robot.description import description
from robot_learning.robot.spec import available_robots

MESH = '<visual><geometry><mesh filename="{}"/></geometry></visual>'


def files(root):
    """Return the files that a viewer would open."""
    for element in root.iter():
        if element.tag in ("mesh", "texture"):
            uri = urlparse(element.get("filename"))
            assert uri.scheme == "file"
            yield Path(unquote(uri.path))


@pytest.mark.parametrize("robot", available_robots())
def test_viewers_find_all_meshes_and_read_the_same_arm(robot):
    spec = RobotSpec.load(robot)
    text = description(spec.urdf)
    found = list(files(ET.fromstring(text)))
    assert all(file.is_file() for file in found) and (found or robot == "arm6")
    assert set(spec.joints) <= set(pin.buildModelFromXML(text).names)


def test_a_missing_mesh_is_left_out_and_a_name_with_a_space_is_found(tmp_path):
    spec = RobotSpec.load(robot_yaml(tmp_path))
    (tmp_path / "a link.stl").touch()
    text = spec.urdf.read_text(encoding="utf-8")
    both = MESH.format("a link.stl") + MESH.format("package://nowhere/gone.stl")
    spec.urdf.write_text(text.replace("<visual>", both + "<visual>", 1), encoding="utf-8")
    root = ET.fromstring(description(spec.urdf))
    assert list(files(root)) == [tmp_path / "a link.stl"]
