"""What is said of the package in several places is the same in all of them."""

import re
import runpy
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
import setuptools

import robot_learning
from robot_learning.base import extras, paths
from robot_learning.base.errors import ConfigError
from robot_learning.robot import RobotSpec

SOURCE = Path(__file__).parent.parent
FORBIDDEN = {"pybullet", "gymnasium", "torch", "stable_baselines3", "sb3_contrib"}
FORBIDDEN |= {"mlflow", "matplotlib", "onnx", "tensorboard", "imageio", "rclpy", "viser"}


@pytest.fixture
def said(monkeypatch):
    """What setup.py says."""
    monkeypatch.chdir(SOURCE)
    given = {}
    monkeypatch.setattr(setuptools, "setup", lambda **arguments: given.update(arguments))
    runpy.run_path("setup.py")
    return given


def modules(requirements):
    names = {re.split(r"[\[<>=~! ]", text)[0].replace("-", "_") for text in requirements}
    return {name.removeprefix("ros_") for name in names}


def test_the_version_is_in_one_place(said):
    version = ET.parse(SOURCE / "package.xml").findtext("version")
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert said["version"] == robot_learning.__version__ == version
    assert f"\n## {version}" in (SOURCE / "CHANGELOG.md").read_text(encoding="utf-8")
    for file in ("setup.py", "setup.cfg", "pyproject.toml", "robot_learning/__init__.py"):
        assert version not in (SOURCE / file).read_text(encoding="utf-8")


def test_the_plain_install_pulls_nothing_of_simulation_or_training(said):
    assert not FORBIDDEN & modules(said["install_requires"])


@pytest.mark.parametrize("extra", extras.MODULES)
def test_an_extra_brings_the_modules_that_it_is_named_for(said, extra):
    brought = modules(said["extras_require"][extra])
    assert set(extras.MODULES[extra]) <= brought
    for part in extras.INCLUDED.get(extra, ()):
        assert set(said["extras_require"][part]) <= set(said["extras_require"][extra])


def test_dev_holds_every_extra_but_the_one_that_a_sourced_ros_replaces(said):
    parts = said["extras_require"]
    everything = {text for extra, needed in parts.items() if extra != "ros" for text in needed}
    assert set(parts["dev"]) == everything


def test_types_are_shipped(said):
    assert "py.typed" in said["package_data"]["robot_learning"]
    assert (SOURCE / "robot_learning/py.typed").is_file()


def test_what_is_missing_is_named_with_the_extra_that_brings_it(monkeypatch):
    extras.require("train", "train")
    found = extras.importlib.util.find_spec
    monkeypatch.setattr(
        extras.importlib.util, "find_spec", lambda name: None if name == "torch" else found(name)
    )
    extras.require("sim", "play")
    with pytest.raises(ConfigError, match=r"train needs torch: .*'robot_learning\[train\]'"):
        extras.require("train", "train")
    assert "[sim]" in extras.way_out(ModuleNotFoundError("", name="pybullet.sub"))
    assert "source ROS 2" in extras.way_out(ModuleNotFoundError("", name="rclpy"))
    assert extras.way_out(ModuleNotFoundError("", name="robot_learning.nowhere")) is None


@pytest.mark.parametrize(("robot", "extra"), [("panda", "sim"), ("ur5", "robots")])
def test_a_robot_whose_files_an_extra_brings_names_it(monkeypatch, robot, extra):
    monkeypatch.setattr(sys, "path", [str(SOURCE)])
    monkeypatch.setattr(paths.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=rf"{robot}.yaml: urdf: no file .*\[{extra}\]'$"):
        RobotSpec.load(robot)


def test_a_file_that_an_installed_package_lacks_is_not_blamed_on_an_extra(tmp_path):
    file = tmp_path / "arm.yaml"
    text = (SOURCE / "config/robots/panda.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("panda.urdf", "wanda.urdf"), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"wanda\.urdf$"):
        RobotSpec.load(file)


def test_nothing_else_is_found_in_the_package():
    assert robot_learning.__doc__
    with pytest.raises(AttributeError, match="nonsense"):
        robot_learning.nonsense  # noqa: B018
