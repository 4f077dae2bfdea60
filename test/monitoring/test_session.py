import numpy as np
import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.monitoring.session import Session
from robot_learning.safety import SafetyFilter


@pytest.fixture
def session(arm6, bundle):
    return Session.of(arm6, bundle)


def test_what_the_filter_sends_breaks_nothing(session, arm6):
    filter = SafetyFilter(arm6)
    filter.reset(arm6.home, 0.0)
    state = ArmState(arm6.home, np.zeros(arm6.n), 0.0)
    session.add_state(state, 0.0)
    result = filter.apply(JointCommand(np.full(arm6.n, 9.0)), state, 0.04, 0.0)
    session.add_trajectory(result.stop, 0.0)
    assert session.violations == {}


@pytest.mark.parametrize(
    ("q", "qd", "what"),
    [
        (9.0, 0.0, "state position"),
        (0.0, 9.0, "state velocity"),
        (np.nan, 0.0, "state position"),
        (0.0, np.nan, "state velocity"),
    ],
)
def test_a_state_outside_its_limits_is_counted(session, arm6, q, qd, what):
    positions = arm6.home.copy()
    positions[0] += q
    session.add_state(ArmState(positions, np.full(arm6.n, qd), 0.0), 0.0)
    assert session.violations == {what: 1}


def test_a_command_outside_its_limits_is_counted(session, arm6):
    jump = Trajectory(
        np.array([0.0, 0.04]), np.array([arm6.home] * 2), np.array([np.zeros(6), np.ones(6)])
    )
    session.add_trajectory(jump, 0.0)
    assert session.violations == {"command acceleration": 1, "command does not end at rest": 1}


def test_causes_count_where_the_command_was_changed(session):
    session.add_tick([], changed=False)
    session.add_tick(["velocity", "position"], changed=True)
    session.add_tick(["velocity"], changed=True)
    assert session.control_ticks == 3 and session.causes == {"velocity": 2, "position": 1}


def test_it_survives_a_file(session, arm6, tmp_path):
    session.add_state(ArmState(arm6.home, np.zeros(6), 0.0), 0.5)
    session.latencies += [0.001, 0.002]
    session.save(tmp_path / "deep" / "session.json")
    again = Session.load(tmp_path / "deep" / "session.json")
    assert again == session and again.latency(50) == pytest.approx(0.0015)
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(ConfigError, match="x.json"):
        Session.load(tmp_path / "x.json")
