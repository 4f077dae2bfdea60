"""A robot's computer: the plain install in a virtual environment of its own runs the nodes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray
from helpers.graph import WATCHDOGS, Graph
from lifecycle_msgs.msg import State

SOURCE = Path(__file__).parent.parent
PARTS = "package.xml setup.py setup.cfg resource robot_learning launch urdf config".split()
FORBIDDEN = {"pybullet", "gymnasium", "torch", "stable_baselines3", "sb3_contrib"}
FORBIDDEN |= {"mlflow", "matplotlib", "onnx", "tensorboard", "imageio"}

pytestmark = [pytest.mark.venv, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def venv(tmp_path_factory):
    """The ``bin`` folder of a virtual environment that holds the package with [ros] alone."""
    folder = tmp_path_factory.mktemp("plain")
    source = folder / "source"
    source.mkdir()
    for part in PARTS:
        if (SOURCE / part).is_dir():
            shutil.copytree(
                SOURCE / part, source / part, ignore=shutil.ignore_patterns("__pycache__")
            )
        else:
            shutil.copy(SOURCE / part, source / part)
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    pip = [folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run([*pip, f"{source}[ros]"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    # Nodes that find the filter compiled start in seconds, on a busy machine as well.
    code = (
        "from robot_learning.robot import RobotSpec\n"
        "from robot_learning.safety import SafetyFilter\n"
        "SafetyFilter(RobotSpec.load('arm6'))\n"
    )
    subprocess.run([folder / "venv/bin/python", "-c", code], check=True, cwd=folder, env=_alone())
    return folder / "venv/bin"


def _alone():
    return {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}


@pytest.fixture
def outside(tmp_path):
    """How a process starts that sees nothing of this source tree."""
    return {"cwd": tmp_path, "env": _alone(), "capture_output": True, "text": True}


def test_nothing_of_simulation_or_training_is_installed(venv, outside):
    listed = subprocess.run([venv / "pip", "list", "--format=freeze"], **outside).stdout
    installed = {line.partition("==")[0].lower().replace("-", "_") for line in listed.split()}
    assert "onnxruntime" in installed and not FORBIDDEN & installed


def test_the_version_is_that_of_package_xml(venv, outside):
    code = "import robot_learning; print(robot_learning.__version__)"
    said = subprocess.run([venv / "python", "-c", code], **outside).stdout.strip()
    assert said == re.search("<version>(.+)</version>", (SOURCE / "package.xml").read_text())[1]


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        (["robot-learning", "train"], "train"),
        (["train", "--ros-args"], "train"),
        (["robot-learning", "demo"], "train"),
        (["robot-learning", "export", "somewhere"], "train"),
        (["robot-learning", "play", "panda-push"], "sim"),
        (["robot-learning", "evaluate", "panda-push"], "sim"),
        (["robot-learning", "safety", "fuzz", "arm6", "--commands", "10"], "sim"),
        (["robot-learning", "robot", "view", "arm6"], "view"),
        (["sim_node"], "sim"),
    ],
)
def test_what_needs_an_extra_says_so_in_one_line(venv, outside, command, extra):
    done = subprocess.run([venv / command[0], *command[1:]], **outside)
    assert done.returncode == 1
    assert done.stderr.endswith(f"pip install 'robot_learning[{extra}]'\n")
    assert len(done.stderr.splitlines()) == 1


def test_what_the_filter_keeps_is_shown_without_an_extra(venv, outside):
    command = [venv / "robot-learning", "safety", "check", "arm6", "--commands", "0"]
    done = subprocess.run(command, **outside)
    assert done.returncode == 0, done.stderr
    assert "self_collision" in done.stdout and "Bullet is not installed" in done.stderr


@pytest.mark.parametrize(("robot", "extra"), [("panda", "sim"), ("ur5", "robots")])
def test_a_robot_whose_files_are_missing_names_the_extra(venv, outside, robot, extra):
    command = [venv / "robot-learning", "safety", "check", robot, "--commands", "0"]
    done = subprocess.run(command, **outside)
    assert done.returncode == 1
    assert done.stderr.endswith(f"pip install 'robot_learning[{extra}]'\n")
    assert len(done.stderr.splitlines()) == 1


def test_the_environments_name_the_extra_that_they_need(venv, outside):
    done = subprocess.run([venv / "python", "-c", "import robot_learning.envs"], **outside)
    assert done.stderr.endswith("not installed: pip install 'robot_learning[sim]'\n")


class PlainGraph(Graph):
    """Starts the executables of a virtual environment in place of this source tree."""

    def __init__(self, venv):
        super().__init__()
        self.venv = venv
        self.env.pop("PYTHONPATH")

    def start(self, name, **parameters):
        given = {"use_sim_time": True, **WATCHDOGS.get(name, {}), **parameters}
        words = [word for key, value in given.items() for word in ("-p", f"{key}:={value}")]
        self.processes[name] = subprocess.Popen(
            [self.venv / name, "--ros-args", *words],
            cwd=self.venv,
            env=self.env,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            text=True,
        )


def test_the_nodes_move_an_arm(venv, bundle):
    graph = PlainGraph(venv)
    try:
        graph.start_safety()
        graph.start("monitor_node", bundle=bundle.path)
        monitored = graph.listen(DiagnosticArray, "/diagnostics")
        graph.start("policy_node", bundle=bundle.path, autostart=True)
        assert graph.lifecycle() == State.PRIMARY_STATE_ACTIVE
        began = graph.q().copy()
        graph.pursue([0.4, 0.1, 0.3])
        graph.until(lambda: abs(graph.q() - began).max() > 0.05)
        graph.until(lambda: any("monitor_node" in s.name for m in monitored for s in m.status))
    finally:
        graph.close()
