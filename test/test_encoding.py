"""Text is UTF-8 wherever the machine stands; ruff finds only some of the places that forget it."""

import ast
import os
import subprocess
import sys

from helpers.processes import ROOT, environment
from helpers.robots import robot_yaml

FOLDERS = ("robot_learning", "benchmarks", "launch", "examples")
READERS = ("open", "read_text", "write_text", "fdopen")
TEXT = {"text", "universal_newlines"}
OTHERS = {("os", "open"), ("Dataset", "open"), ("cls", "open")}  # open no text


def forgets_the_encoding(call):
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    keys = {keyword.arg for keyword in call.keywords}
    if "encoding" in keys:
        return False
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        if (function.value.id, name) in OTHERS:
            return False
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    return bool(TEXT & keys) or (name in READERS and not any("b" in str(word) for word in words))


def test_text_is_read_and_written_as_utf_8():
    forgetful = []
    for file in (file for folder in FOLDERS for file in (ROOT / folder).rglob("*.py")):
        nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        calls = (node for node in nodes if isinstance(node, ast.Call))
        forgetful += [f"{file}:{call.lineno}" for call in calls if forgets_the_encoding(call)]
    assert not forgetful


def test_a_plain_locale_reads_and_prints_what_is_written_elsewhere(tmp_path):
    robot = robot_yaml(tmp_path)
    robot.write_text("# größer\n" + robot.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "task.yaml").write_text("# größer\ntask: reach", encoding="utf-8")
    (tmp_path / "train.yaml").write_text("# größer\nalgorithm: größer", encoding="utf-8")
    command = [sys.executable, "-m", "robot_learning.cli.main", "train", "--robot", robot]
    command += ["--task", tmp_path / "task.yaml", "--config", tmp_path / "train.yaml"]
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        list(map(os.fspath, command)), capture_output=True, cwd=tmp_path, env=environment(**plain)
    )
    assert done.returncode == 1
    assert b"algorithm" in done.stderr and b"Traceback" not in done.stderr
