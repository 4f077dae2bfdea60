import json

import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.monitoring.ladder import (
    DRY_RUN,
    FULL,
    REDUCED,
    SHADOW,
    THRESHOLDS,
    Record,
    Seen,
    choose,
)

ROBOT, BUNDLE = ("arm6", "r" * 64), ("reach", "b" * 64)
ENOUGH = {mode: Seen(steady=t.steady, goals=t.goals) for mode, t in THRESHOLDS.items()}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path


def record():
    return Record(ROBOT, BUNDLE)


def test_each_rung_opens_the_next_and_the_lowest_that_is_not_passed_runs():
    for mode in (DRY_RUN, SHADOW, REDUCED):
        assert choose(record(), "", False) == mode
        record().add(mode, ENOUGH[mode])
        assert record().seen[mode].passed
    assert choose(record(), "", False) == FULL == choose(record(), FULL, False)


def test_a_rung_whose_lower_ones_are_not_passed_needs_the_flag():
    with pytest.raises(ConfigError, match="mode reduced is closed: dry_run has seen 0 of 10 s"):
        choose(record(), REDUCED, False)
    record().add(DRY_RUN, ENOUGH[DRY_RUN])
    assert choose(record(), REDUCED, False) == REDUCED
    record().add(REDUCED, ENOUGH[REDUCED])
    with pytest.raises(ConfigError, match=r"shadow has seen 0 of .*; run mode:=shadow first"):
        choose(record(), FULL, False)
    assert choose(record(), FULL, True) == FULL


def test_a_stop_begins_the_count_anew_and_what_is_passed_stays_so():
    kept = record()
    kept.add(DRY_RUN, Seen(steady=8.0))
    kept.add(DRY_RUN, Seen(steady=6.0, stops=1))
    assert kept.seen[DRY_RUN].missing(DRY_RUN).startswith("6 of 10 s without a stop")
    kept.add(DRY_RUN, Seen(steady=4.0))
    kept.add(DRY_RUN, Seen(stops=1))
    assert kept.seen[DRY_RUN].stops == 2 and not kept.seen[DRY_RUN].missing(DRY_RUN)


def test_reduced_needs_goals_as_well():
    kept = record()
    kept.add(REDUCED, Seen(steady=20.0, goals=4))
    assert kept.seen[REDUCED].missing(REDUCED) == "4 of 5 goals reached"
    kept.add(REDUCED, Seen(goals=1))
    assert not kept.seen[REDUCED].missing(REDUCED)


def test_the_record_of_another_robot_or_bundle_does_not_count():
    record().add(DRY_RUN, ENOUGH[DRY_RUN])
    for robot, bundle in ((ROBOT, ("reach", "c" * 64)), (("arm6", "s" * 64), BUNDLE)):
        assert choose(Record(robot, bundle), "", False) == DRY_RUN
    # Nor does a file that somebody copied to the other's name.
    other = Record(ROBOT, ("reach", "c" * 64))
    other.path.write_text(record().path.read_text())
    with pytest.raises(ConfigError, match="it is of another robot or bundle.*delete it"):
        Record(ROBOT, ("reach", "c" * 64))


def test_what_two_nodes_saw_adds_up():
    one, two = record(), record()
    one.add(DRY_RUN, Seen(steady=3.0, limits={"velocity": 2}, tracking_error=0.1))
    two.add(DRY_RUN, Seen(steady=3.0, limits={"velocity": 1, "position": 4}, tracking_error=0.3))
    found = record().seen[DRY_RUN]
    assert (found.steady, found.tracking_error) == (6.0, 0.3)
    assert found.limits == {"velocity": 3, "position": 4}


@pytest.mark.parametrize(
    "text", ["", "[]", '{"format": 9}', '{"rungs": 3}', "steady", '{"dry_run": {"steady": "x"}}']
)
def test_a_damaged_record_is_one_line_that_names_the_file(text):
    kept = record()
    kept.add(DRY_RUN, ENOUGH[DRY_RUN])
    whole = json.loads(kept.path.read_text())
    if text == "steady":
        whole["rungs"][DRY_RUN]["steady"] = float("nan")
        text = json.dumps(whole)
    elif "dry_run" in text:
        text = json.dumps({**whole, "rungs": json.loads(text)})
    kept.path.write_text(text)
    with pytest.raises(ConfigError, match=f"{kept.path.name}: no record .*delete it"):
        record()


def test_a_mode_that_is_none_is_named():
    with pytest.raises(ConfigError, match="mode 'fast': expected one of dry_run, shadow"):
        choose(record(), "fast", True)
