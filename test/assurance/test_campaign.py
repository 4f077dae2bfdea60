import json

import numpy as np
import pytest
from typer.testing import CliRunner

from robot_learning.assurance.adversaries import ADVERSARIES
from robot_learning.assurance.campaign import limits_alone, run, to_json
from robot_learning.assurance.judge import Judge
from robot_learning.assurance.report import total
from robot_learning.assurance.scenes import around
from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.cli.main import app
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import Contacts


def counted(found):
    """Everything but the times of the calls."""
    return {
        name: {key: value for key, value in tally.items() if key != "seconds"}
        for name, tally in to_json(found).items()
    }


def test_no_adversary_breaks_a_limit(spec):
    found = total(run(str(spec.path), 2000, seed=1))
    assert found.commands == 2000 and not found.broken, found.examples
    assert found.statuses["LIMITED"] > 500


def test_a_filter_that_knows_no_collisions_is_caught():
    found = total(run("arm6", 2000, seed=1, make=limits_alone, only=["collision_seeking"]))
    assert found.broken["contact"] > 100
    assert found.worst["contact"] > 0.01
    assert set(found.broken) == {"contact"}
    example = found.examples[0]
    assert example["broken"][0]["what"] == "contact" and len(example["q"]) == 6


def test_the_same_seed_gives_the_same_campaign_with_any_number_of_processes():
    only = ["bang_bang", "not_finite"]
    one = counted(run("arm6", 800, seed=3, only=only))
    assert one == counted(run("arm6", 800, seed=3, only=only, processes=2))
    assert one != counted(run("arm6", 800, seed=4, only=only))


def test_an_unknown_adversary_is_named():
    with pytest.raises(ConfigError, match="friendly.*uniform"):
        run("arm6", 100, 0, only=["friendly"])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda q, qd: q.__setitem__((2, 1), 9.0), "position"),
        (lambda q, qd: qd.__setitem__((1, 0), 50.0), "velocity"),
        (lambda q, qd: qd.__setitem__((1, 0), 1.9), "acceleration"),
        (lambda q, qd: q.__setitem__((0, 3), q[0, 3] + 0.1), "jump"),
        (lambda q, qd: qd.__setitem__((1, 4), np.nan), "not_finite"),
    ],
)
def test_the_judge_sees_what_is_broken(arm6, change, what):
    judge = Judge(arm6, None)
    q, qd = np.tile(arm6.home, (3, 1)), np.zeros((3, arm6.n))
    times = np.array([0.0, 0.04, 0.08])
    judge.start(arm6.home)
    assert not judge.follow(Trajectory(times, q.copy(), qd.copy()), 0.08)
    change(q, qd)
    assert what in {item.what for item in judge.follow(Trajectory(times, q, qd), 0.08)}


def test_contacts_name_what_touches(arm6):
    solids = around(arm6, 0)
    contacts = Contacts(arm6, solids)
    assert contacts.at(arm6.home) == []
    down = arm6.home.copy()
    down[1] = arm6.upper[1]
    touching = contacts.at(down)
    assert any(item.second == "floor" and item.depth > 0 for item in touching)
    contacts.close()


def test_a_root_that_is_turned_against_the_base_is_no_trouble():
    # The Kinova's URDF turns its base by a quarter against the root.
    spec = RobotSpec.load("kinova")
    found = total(run("kinova", 2000, seed=0, only=["collision_seeking"]))
    assert not found.broken and spec.base_link == "j2s6s200_link_base"


def test_check_and_fuzz(tmp_path):
    shown = CliRunner().invoke(app, ["safety", "check", "arm6", "--commands", "2000"])
    assert shown.exit_code == 0, shown.output
    for words in ("Joint limits", "Kept apart", "capsule / hull", "PASS"):
        assert words in shown.output
    command = ["safety", "fuzz", "arm6", "--commands", "2000", "--processes", "1"]
    shown = CliRunner().invoke(app, [*command, "--out", str(tmp_path)])
    assert shown.exit_code == 0, shown.output
    data = json.loads((tmp_path / "campaign.json").read_text())
    assert data["verdict"] == "PASS" and set(data["adversaries"]) == set(ADVERSARIES)
    page = (tmp_path / "report.html").read_text()
    assert "Safety filter of arm6: PASS" in page and "data:image/png" in page
