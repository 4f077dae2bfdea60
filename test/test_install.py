"""A robot's computer: the plain install in a virtual environment of its own runs the nodes."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from helpers.graph import Graph
from lifecycle_msgs.srv import GetState
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

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
    return folder / "venv/bin"


@pytest.fixture
def outside(tmp_path):
    """How a process starts that sees nothing of this source tree."""
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {"cwd": tmp_path, "env": env, "capture_output": True, "text": True}


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
        (["sim_node"], "sim"),
    ],
)
def test_what_needs_an_extra_says_so_in_one_line(venv, outside, command, extra):
    done = subprocess.run([venv / command[0], *command[1:]], **outside)
    assert done.returncode == 1
    assert done.stderr.endswith(f"pip install 'robot_learning[{extra}]'\n")
    assert len(done.stderr.splitlines()) == 1


def test_the_nodes_move_an_arm(venv, bundle, tmp_path):
    """The arm is simulated outside of the virtual environment."""
    graph = Graph()
    env = {key: value for key, value in graph.env.items() if key != "PYTHONPATH"}

    def start(name, **parameters):
        given = [word for key, value in parameters.items() for word in ("-p", f"{key}:={value}")]
        graph.processes[name] = subprocess.Popen(
            [venv / name, "--ros-args", *given],
            cwd=tmp_path,
            env=env,
            stdout=graph.log,
            stderr=graph.log,
            text=True,
            start_new_session=True,
        )

    try:
        graph.start("sim_node", robot="arm6")
        start("safety_node", robot="arm6")
        start("monitor_node", bundle=bundle.path)
        start("policy_node", bundle=bundle.path, autostart=True)
        safe = graph.listen(DiagnosticStatus, "/safety_node/status")
        monitored = graph.listen(DiagnosticArray, "/diagnostics")
        commands = graph.listen(JointTrajectory, "/joint_trajectory_controller/joint_trajectory")
        # The filter is compiled for the first time in this environment.
        graph.until(lambda: safe and monitored and graph.policy_status(), timeout=300)
        state = graph.call(GetState, "/policy_node/get_state")
        assert state.current_state.label == "active"
        began = graph.q()

        def moves():
            # A busy machine keeps states away for longer than the filter stands it.
            graph.call(Trigger, "/safety_node/resume")
            graph.goal([0.4, 0.1, 0.3])
            graph.spin(3.0)
            return commands and abs(graph.q() - began).max() > 0.05

        graph.until(moves, timeout=120)
    finally:
        graph.close()
