"""The commands that add a robot and check it."""

import pytest
from helpers.processes import cli
from helpers.robots import robot_yaml

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import share_dir
from robot_learning.cli.main import app

ARM6 = share_dir() / "urdf/arm6.urdf"


def test_a_urdf_becomes_a_robot_that_works(tmp_path):
    done = cli("robot", "add", ARM6, "--yes", "--no-check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "by its name" in done.stdout and "written: arm6.yaml" in done.stdout
    again = cli("robot", "add", ARM6, "--yes", "--no-check", cwd=tmp_path)
    assert again.returncode == 1 and "--force" in again.stderr
    checked = cli("robot", "check", "arm6.yaml", "--episodes", 4, cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    for what in ("limits", "engines", "home", "filter", "expert on reach", "expert on push"):
        assert any(line.startswith("ok") and what in line for line in checked.stdout.splitlines())


def test_a_check_that_fails_says_so_with_its_exit_code(tmp_path):
    far = {"lower": [0.25, -0.3, 0.1], "upper": [0.6, 0.3, 0.5]}
    file = robot_yaml(tmp_path, limits__default__velocity=0.05, workspace=far)
    done = cli("robot", "check", file, "--episodes", 2, cwd=tmp_path)
    assert done.returncode == 1 and "FAIL  expert on reach" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "give a URDF or a xacro, or --from-ros"),
        (["gone.urdf"], "gone.urdf: no such file"),
        ([ARM6, "--mount", "tree"], "--mount tree: expected floor, ceiling, wall"),
        ([ARM6, "--out", "arm.txt"], "ends in .yaml"),
        ([ARM6, "--tip", "nowhere"], "has no such link"),
        ([ARM6, "--srdf", "gone.srdf"], "gone.srdf: can't be read"),
        ([ARM6, "arm:=1", "left"], "are written NAME:=VALUE"),
        (["legs.urdf"], "no arm of 3 joints"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, arguments, named):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "legs.urdf").write_text('<robot name="r"><link name="a"/></robot>')
    with pytest.raises(ConfigError, match=named) as error:
        app(["robot", "add", *map(str, arguments)], standalone_mode=False)
    assert "\n" not in str(error.value) and not list(tmp_path.glob("*.yaml"))
