"""The ROS way: colcon builds the package, and what it installs runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent
PARTS = "package.xml setup.py setup.cfg resource robot_learning launch urdf config".split()


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("workspace")
    package = workspace / "src" / "robot_learning"
    package.mkdir(parents=True)
    for part in PARTS:
        copy = shutil.copytree if (SOURCE / part).is_dir() else shutil.copy
        copy(SOURCE / part, package / part)
    done = subprocess.run(
        [Path(sys.executable).with_name("colcon"), "build", "--event-handlers", "console_direct+"],
        cwd=workspace,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return workspace / "install" / "robot_learning"


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


def test_every_part_is_installed(prefix):
    share = prefix / "share" / "robot_learning"
    for part in ("launch", "urdf", "config"):
        there = {f.relative_to(share) for f in (share / part).rglob("*") if f.is_file()}
        here = {f.relative_to(SOURCE) for f in (SOURCE / part).rglob("*") if f.is_file()}
        assert {f for f in here if f.suffix != ".pyc"} == there
    executables = {path.name for path in (prefix / "lib" / "robot_learning").iterdir()}
    nodes = {"sim_node", "policy_node", "safety_node", "monitor_node", "demo_node"}
    assert executables >= nodes | {"train", "robot-learning"}
    assert (share / "package.xml").is_file()
    index = prefix / "share/ament_index/resource_index/packages/robot_learning"
    assert index.is_file()


def test_launch_files_start_executables_that_exist(prefix):
    executables = {path.name for path in (prefix / "lib" / "robot_learning").iterdir()}
    for file in sorted((SOURCE / "launch").glob("*.launch.py")):
        text = file.read_text()
        compile(text, str(file), "exec")
        named = {word for word in executables if f'"{word}"' in text}
        assert named, f"{file} starts nothing"
