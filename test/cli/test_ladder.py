import sys

import pytest

from robot_learning.base.paths import find_bundle
from robot_learning.cli.main import main
from robot_learning.monitoring.ladder import DRY_RUN, THRESHOLDS, Record, Seen
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec


@pytest.fixture
def record(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    bundle, spec = PolicyBundle.load(find_bundle("panda-reach")), RobotSpec.load("panda")
    return Record((spec.name, spec.hash), (bundle.name, bundle.hash))


def ladder(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["robot-learning", "ladder", "panda-reach", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code


def test_the_rungs_are_shown_and_forgotten(record, monkeypatch, capsys):
    limits = {"velocity": 7}
    record.add(DRY_RUN, Seen(steady=THRESHOLDS[DRY_RUN].steady, decisions=500, limits=limits))
    ladder(monkeypatch)
    told = " ".join(capsys.readouterr().out.split())
    assert "500 decisions" in told and "limited by velocity (7)" in told
    assert "passed" in told and told.endswith("mode:=shadow")
    ladder(monkeypatch, "--forget")
    assert capsys.readouterr().out.strip().endswith("mode:=dry_run")
    assert not record.path.exists()
