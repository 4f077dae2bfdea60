"""The ROS way: colcon builds the package, and what it installs runs."""

import ast
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from robot_learning.nodes.arm import Arm
from robot_learning.nodes.system import demonstration

SOURCE = Path(__file__).parent.parent
PARTS = "package.xml setup.py setup.cfg resource robot_learning launch urdf config".split()
PARTS += ["pyproject.toml", "test"]


def colcon(workspace, *words):
    return subprocess.run(
        [Path(sys.executable).with_name("colcon"), *words],
        cwd=workspace,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("workspace")
    package = workspace / "src" / "robot_learning"
    package.mkdir(parents=True)
    for part in PARTS:
        copy = shutil.copytree if (SOURCE / part).is_dir() else shutil.copy
        copy(SOURCE / part, package / part)
    done = colcon(workspace, "build", "--event-handlers", "console_direct+")
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace


@pytest.fixture(scope="module")
def prefix(workspace):
    return workspace / "install" / "robot_learning"


@pytest.fixture(scope="module")
def executables(prefix):
    return {path.name for path in (prefix / "lib" / "robot_learning").iterdir()}


def installed_env(prefix):
    site = next(prefix.glob("lib/python3*/site-packages"))
    return {
        **os.environ,
        "AMENT_PREFIX_PATH": str(prefix),
        "PYTHONPATH": f"{site}:{os.environ.get('PYTHONPATH', '')}",
    }


def test_an_installed_executable_runs(prefix, tmp_path):
    executable = prefix / "lib" / "robot_learning" / "robot-learning"
    done = subprocess.run(
        [executable, "train", "--robot", "wallace"],
        cwd=tmp_path,
        env=installed_env(prefix),
        capture_output=True,
        text=True,
    )
    # It found its own YAML files under share/.
    assert done.returncode == 1 and "arm6" in done.stderr and str(SOURCE) not in done.stderr


def test_every_part_is_installed(prefix, executables):
    share = prefix / "share" / "robot_learning"
    for part in ("launch", "urdf", "config"):
        there = {f.relative_to(share) for f in (share / part).rglob("*") if f.is_file()}
        here = {f.relative_to(SOURCE) for f in (SOURCE / part).rglob("*") if f.is_file()}
        assert {f for f in here if f.suffix != ".pyc"} == there
    nodes = {
        "sim_node",
        "policy_node",
        "safety_node",
        "guard_node",
        "monitor_node",
        "demo_node",
        "view_node",
    }
    assert executables >= nodes | {"train", "robot-learning"}
    assert (share / "package.xml").is_file()
    index = prefix / "share/ament_index/resource_index/packages/robot_learning"
    assert index.is_file()


def test_all_nodes_of_a_system_are_executables(executables):
    for start in demonstration(Arm(bundle="panda-reach"), 1, 0, Path("session.json")):
        assert start.name in executables


def test_launch_files_name_executables_that_exist(executables):
    named = set()
    for file in (SOURCE / "launch").glob("*.launch.py"):
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(call, ast.keyword) and call.arg == "executable":
                named.add(ast.literal_eval(call.value))
    assert named and named <= executables


def test_colcon_test_runs_the_tests(workspace):
    one = "test/base/test_paths.py"
    done = colcon(workspace, "test", "--return-code-on-test-failure", "--pytest-args", one)
    assert done.returncode == 0, done.stdout + done.stderr
    suite = ET.parse(workspace / "build/robot_learning/pytest.xml").getroot().find("testsuite")
    assert int(suite.get("tests")) > 3 and suite.get("failures") == suite.get("errors") == "0"
