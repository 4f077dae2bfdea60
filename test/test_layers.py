"""Imports run one way: an allow-list a folder, and what the deployed nodes must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "robot_learning"
# Folders that each folder may import, besides itself; what those import is not inherited.
ALLOWED = {
    "base": set(),
    "robot": {"base"},
    "kinematics": {"base", "robot"},
    "geometry": {"base", "robot", "kinematics"},
    "safety": {"base", "robot", "kinematics", "geometry"},
    "planning": {"base", "robot", "kinematics", "geometry", "safety"},
    "policy": {"base", "robot", "kinematics"},
    "worlds": {"base", "robot", "kinematics"},
    "tasks": {"base", "robot", "kinematics", "geometry"},
    "experts": {"base", "robot", "kinematics", "policy", "tasks"},
    "envs": {"base", "robot", "kinematics", "safety", "policy", "worlds", "tasks"},
    "demonstrations": {"base", "robot", "kinematics", "policy", "tasks"},
    "evaluation": {"base", "robot", "policy", "worlds", "tasks", "envs", "experts"},
    "monitoring": {"base", "robot", "policy"},
    "assurance": {"base", "robot", "kinematics", "geometry", "safety", "worlds"},
    "nodes": {"base", "robot", "kinematics", "safety", "policy", "monitoring"},
}
ALLOWED["training"] = {*ALLOWED["evaluation"], "demonstrations", "evaluation", "monitoring"}
ALLOWED["cli"] = set(ALLOWED) - {"cli"}
EXTRA = {
    "__init__.py": {"base"},
    "nodes/demo_node.py": {"tasks"},
    "nodes/sim_node.py": {"worlds"},
    "nodes/simulation.py": {"tasks", "worlds"},
    "nodes/system.py": {"tasks", "worlds"},
    "nodes/view_node.py": {"tasks"},
    "worlds/agreement.py": {"geometry"},
    "worlds/mujoco/building.py": {"geometry"},
    "worlds/ros.py": {"nodes", "planning", "safety"},
}
# Third-party packages and the only folders that may name them.
HOMES = {
    "pybullet": {"worlds/bullet"},
    "mujoco": {"worlds/mujoco"},
    "rclpy": {"nodes"},
    "torch": {"training"},
    "stable_baselines3": {"training"},
    "mlflow": {"training"},
    "gymnasium": {"envs", "training"},
    "pinocchio": {"kinematics", "geometry"},
    "coal": {"geometry"},
    "numba": {"base"},
    "daqp": {"safety"},
    "ompl": {"planning"},
    "onnxruntime": {"policy", "training"},
    "pyarrow": {"demonstrations"},
    "rosbags": {"demonstrations"},
    "toppra": {"planning"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            if node.module == "robot_learning":
                yield from (f"robot_learning.{name.name}" for name in node.names)
            else:
                yield node.module


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_run_one_way(file):
    relative = file.relative_to(PACKAGE)
    folder = relative.parts[0] if len(relative.parts) > 1 else ""
    allowed = {folder, *ALLOWED.get(folder, set()), *EXTRA.get(str(relative), set())}
    for module in imported(file):
        parts = module.split(".")
        if parts[0] == "robot_learning" and len(parts) > 1:
            assert parts[1] in allowed, f"{relative} imports {module}"
        if parts[0] in HOMES:
            homes = HOMES[parts[0]]
            at_home = any(str(relative).startswith(f"{home}/") for home in homes)
            assert at_home, f"{relative} imports {module}"


def test_every_folder_has_a_rule():
    folders = {file.relative_to(PACKAGE).parts[0] for file in FILES if file.parent != PACKAGE}
    assert folders == set(ALLOWED)


def loaded(module, heavy):
    """Return what a process prints that imports a module: which of ``heavy`` came with it."""
    code = f"import sys, {module}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize(
    "node", ["policy_node", "safety_node", "monitor_node", "demo_node", "view_node"]
)
def test_deployed_nodes_load_nothing_heavy(node):
    heavy = [
        "torch",
        "stable_baselines3",
        "gymnasium",
        "mlflow",
        "pybullet",
        "mujoco",
        "matplotlib",
    ]
    assert loaded(f"robot_learning.nodes.{node}", heavy) == "[]"


@pytest.mark.parametrize("node", ["policy_node", "monitor_node", "view_node"])
def test_nodes_that_filter_nothing_do_not_load_the_filter(node):
    heavy = ["robot_learning.safety", "scipy.optimize"]
    assert loaded(f"robot_learning.nodes.{node}", heavy) == "[]"


def test_environments_do_not_load_ros():
    assert loaded("robot_learning.envs", ["rclpy", "robot_learning.nodes"]) == "[]"


def test_the_command_line_loads_nothing_heavy_until_a_verb_runs():
    heavy = ["numpy", "torch", "pinocchio", "gymnasium", "rclpy", "yaml", "pydantic"]
    assert loaded("robot_learning.cli.main", heavy) == "[]"


def test_files_can_be_read_in_one_sitting():
    long = {str(f): n for f in FILES if (n := len(f.read_text().splitlines())) > 300}
    assert not long
