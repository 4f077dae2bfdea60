"""Each task's demo with its shipped policy, as a person starts it: minutes, so on request."""

import json

import pytest
from typer.testing import CliRunner

from robot_learning.base.paths import shipped_policies
from robot_learning.cli.main import app


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", shipped_policies())
def test_the_demo_of_each_task_reaches_its_goals_and_reports(name, tmp_path):
    task = name.removeprefix("panda-")
    arguments = ["demo", "--task", task, "--no-train", "--goals", "2", "--runs", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    (folder,) = tmp_path.iterdir()
    session = json.loads((folder / "session.json").read_text(encoding="utf-8"))
    assert [goal["reached"] for goal in session["goals"]] == [True, True]
    assert not session["violations"]
    report = (folder / "report.html").read_text(encoding="utf-8")
    assert f"panda: {task}" in report and (folder / f"{task}.mp4").stat().st_size > 10_000
