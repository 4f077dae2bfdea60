import sys
from types import SimpleNamespace

import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import find_bundle
from robot_learning.cli.main import main
from robot_learning.cli.on_topics import refuse_low
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


def test_a_verb_moves_a_real_arm_by_a_policy_once_its_ladder_is_climbed(record, capsys):
    real, simulated = SimpleNamespace(simulated=False), SimpleNamespace(simulated=True)
    bundle, spec = PolicyBundle.load(find_bundle("panda-reach")), RobotSpec.load("panda")
    refuse_low(simulated, bundle, spec, False)
    with pytest.raises(ConfigError, match="mode:=dry_run first, or give --skip-ladder"):
        refuse_low(real, bundle, spec, False)
    refuse_low(real, bundle, spec, True)
    assert "LADDER SKIPPED: dry_run" in capsys.readouterr().err
    for mode, enough in THRESHOLDS.items():
        record.add(mode, Seen(steady=enough.steady, goals=enough.goals))
    refuse_low(real, bundle, spec, False)
    assert not capsys.readouterr().err
