"""How many arms `robot-learning robot add` adds without an edit, and what they learn."""

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.learning import Row
from robot_learning.base.errors import RobotLearningError
from robot_learning.onboarding.arms import find_arms
from robot_learning.onboarding.tree import Tree
from robot_learning.robot.urdf import Urdf

PATIENCE = 1200  # s for one arm
COMMAND = "from robot_learning.cli.entry import main; raise SystemExit(main())"
LINE = re.compile(r"^(ok|FAIL|-) +(\w[\w ]*?)  +(.*)$")


def rows(files: Sequence[Path], runs: Path, train: bool) -> Iterator[Row]:
    """Yield a row an arm: what became of it, expert and trained success, time and reason.

    Args:
        files: URDFs and xacros, or folders that hold some.
        runs: folder for what is written.
        train: train Reach with each, and evaluate it on 200 episodes.
    """
    runs.mkdir(parents=True, exist_ok=True)
    for file in found(files):
        try:
            arms = find_arms(Tree(Urdf.load(file, named_by=file)))
        except RobotLearningError as error:
            yield (file.name, "refused", "", str(error))
            continue
        if arms:
            yield _row(file, runs, train)


def found(files: Sequence[Path]) -> list[Path]:
    """Return the URDFs and xacros among files and below folders."""
    inside = [
        [path for kind in ("*.urdf", "*.urdf.xacro") for path in sorted(file.rglob(kind))]
        if file.is_dir()
        else [file]
        for file in files
    ]
    return [path for paths in inside for path in paths]


def _row(file: Path, runs: Path, train: bool) -> Row:
    name = f"{file.parent.name}-{file.name.split('.')[0]}"
    command = ["robot", "add", str(file), "--yes", "--force", "--out", f"{name}.yaml"]
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    try:
        done = subprocess.run(
            [sys.executable, "-c", COMMAND, *command, *(["--train"] if train else [])],
            cwd=runs,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            env={**os.environ, "COLUMNS": "200"},
        )
    except subprocess.TimeoutExpired:
        return (name, "hangs", "", f"not done after {PATIENCE} s")
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    (runs / f"{name}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    checks = {m[2]: (m[1], m[3]) for m in map(LINE.match, done.stdout.splitlines()) if m}
    bad = [f"{what}: {seen}" for what, (verdict, seen) in checks.items() if verdict == "FAIL"]
    bad += [line for line in done.stderr.splitlines() if line.startswith("error:")]
    if done.returncode and not bad:
        bad = done.stderr.splitlines()[-1:] or ["it ended without a word"]
    experts = [
        f"{task} {seen.split(' episodes')[0] if ' episodes' in seen else '-'}"
        for task in ("reach", "push")
        for _, seen in [checks.get(f"expert on {task}", ("", ""))]
    ]
    measured = ", ".join([*experts, *_trained(runs, name, train)])
    what = "added" if checks else "refused"
    return (name, f"{what}, {took:.0f} s, {busy:.0f} s of CPU", measured, "; ".join(bad)[:300])


def _trained(runs: Path, name: str, train: bool) -> list[str]:
    folders = sorted((runs / "runs").glob(f"reach-{name}-dagger-*/bundle/evaluation.json"))
    if not train or not folders:
        return []
    told = json.loads(
        max(folders, key=lambda file: file.stat().st_mtime).read_text(encoding="utf-8")
    )
    return [f"trained {told['success_rate']:.1%} of {told['episodes']}"]
