"""Imports run one way: an allow-list a folder, and what the deployed nodes must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "robot_learning"
BASE = {"errors", "paths"}
ALLOWED = {
    "robot": set(),
    "safety": {"robot"},
    "policy": {"robot", "safety"},
    "sim": {"robot"},
    "tasks": {"robot"},
    "envs": {"policy", "robot", "safety", "sim", "tasks"},
    "monitoring": {"policy", "robot"},
    "training": {"envs", "monitoring", "policy", "robot", "tasks"},
    "assurance": {"robot", "safety", "sim"},
    "nodes": {"policy", "safety", "monitoring", "robot"},
    "cli": {
        *(
            "assurance",
            "envs",
            "monitoring",
            "nodes",
            "policy",
            "robot",
            "sim",
            "tasks",
            "training",
        )
    },
}
EXTRA = {"nodes/sim_node.py": {"sim"}}
# Third-party packages and the only folders that may name them.
HOMES = {
    "pybullet": {"sim"},
    "rclpy": {"nodes"},
    "torch": {"training"},
    "stable_baselines3": {"training"},
    "mlflow": {"training"},
    "gymnasium": {"envs", "training"},
    "pinocchio": {"robot"},
    "coal": {"robot"},
    "numba": {"robot"},
    "daqp": {"safety"},
    "onnxruntime": {"policy", "training"},
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
    allowed = BASE | {folder} | ALLOWED.get(folder, set()) | EXTRA.get(str(relative), set())
    for module in imported(file):
        parts = module.split(".")
        if parts[0] == "robot_learning" and len(parts) > 1:
            assert parts[1] in allowed, f"{relative} imports {module}"
        if parts[0] in HOMES:
            assert folder in HOMES[parts[0]], f"{relative} imports {module}"


def test_every_folder_has_a_rule():
    folders = {file.relative_to(PACKAGE).parts[0] for file in FILES if file.parent != PACKAGE}
    assert folders == set(ALLOWED)


@pytest.mark.parametrize("node", ["policy_node", "safety_node", "monitor_node", "demo_node"])
def test_deployed_nodes_load_nothing_heavy(node):
    heavy = ["torch", "stable_baselines3", "gymnasium", "mlflow", "pybullet", "matplotlib"]
    code = (
        f"import sys, robot_learning.nodes.{node}\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_the_command_line_loads_nothing_heavy_until_a_verb_runs():
    code = (
        "import sys, robot_learning.cli.main\n"
        "heavy = ['numpy', 'torch', 'pinocchio', 'gymnasium', 'rclpy', 'yaml', 'pydantic']\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr


def test_files_can_be_read_in_one_sitting():
    long = {str(f): n for f in FILES if (n := len(f.read_text().splitlines())) > 300}
    assert not long
