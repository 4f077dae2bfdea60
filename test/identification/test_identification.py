"""How late an arm is, found from a small motion."""

import numpy as np
import pytest
from helpers.processes import ROOT

from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.identification.excitation import FREQUENCIES, Record, drive, plan
from robot_learning.identification.fit import fit
from robot_learning.identification.shift import write_shift
from robot_learning.safety import SafetyFilter
from robot_learning.worlds.mujoco import MujocoWorld
from robot_learning.worlds.variation import Variation, load_shifts

PERIOD = 0.04


@pytest.fixture(scope="module")
def filter(arm6):
    return SafetyFilter(arm6, reduced_speed=True)


def swing(times, delay, lag):
    """Return sines (k, 2) as a first-order lag has them in the steady state, and velocities."""
    omega = 2 * np.pi * FREQUENCIES * np.array([[1.0], [1.05]])
    angle = omega * (times[:, None, None] - delay) - np.arctan(omega * lag)
    size = 0.01 / np.hypot(1.0, omega * lag)
    return (size * np.sin(angle)).sum(axis=2), (size * omega * np.cos(angle)).sum(axis=2)


@pytest.mark.parametrize(("delay", "lag"), [(0.02, 0.12), (0.08, 0.02)])
def test_delay_and_lag_of_noisy_readings_are_told_apart(delay, lag):
    at, rng = np.arange(0.0, 12.0, PERIOD), np.random.default_rng(0)
    q, qd = swing(at, 0.0, 0.0)
    segments = zip(q[:-1], q[1:], qd[:-1], qd[1:], strict=True)
    ends = np.array([0.0, PERIOD])
    sent = [
        (t, Trajectory(ends, np.array([a, b]), np.array([va, vb])))
        for t, (a, b, va, vb) in zip(at, segments, strict=False)
    ]
    stamps = np.arange(2.0, 11.9, 0.008)
    measured = swing(stamps, delay, lag)[0] + rng.normal(0.0, 2e-4, (len(stamps), 2)) + 0.3
    found = fit(Record(sent, stamps.tolist(), list(measured)))
    assert abs(found.delay - delay) < 0.01
    assert abs(found.lag - lag) < 0.1 * lag
    np.testing.assert_allclose(found.joint_lags, lag, rtol=0.1)
    assert found.delay_error < 0.01 and found.lag_error < 0.1 * lag


def test_what_was_found_behind_motors_of_their_own_is_what_training_draws(tmp_path, arm6, filter):
    world = MujocoWorld(arm6)
    world.vary(Variation(motor_lag=0.06, motor_gain=0.5), np.random.default_rng(0))
    record = drive(world, filter, plan(arm6, filter, arm6.home, 8.0))
    away = np.abs(np.array(record.q) - arm6.home)
    assert away.max() < 0.05 and away[-1].max() < 0.003
    record.stamps = [stamp + 0.05 for stamp in record.stamps]
    found, file = fit(record), tmp_path / "own.yaml"
    assert abs(found.delay - 0.05) < 0.01
    assert abs(found.lag - 0.06) < 0.006
    write_shift(file, "arm6", found, 0.04, PERIOD)
    shifts, rng = load_shifts(file), np.random.default_rng(0)
    drawn = [shifts.draw(rng) for _ in range(400)]
    assert abs(np.mean([each.action_latency for each in drawn]) * PERIOD - found.delay) < 0.01
    assert {each.observation_latency for each in drawn} == {1}
    assert abs(np.mean([each.motor_lag for each in drawn]) - found.lag) < 0.002
    general = load_shifts(ROOT / "config/shift/training.yaml")
    assert shifts.values["payload"] == general.values["payload"]


def test_a_joint_at_its_limit_is_named(arm6, filter):
    q = arm6.home.copy()
    q[2] = arm6.upper[2] - 0.003
    with pytest.raises(SafetyError, match=f"'{arm6.joints[2]}'.*move the arm to the open"):
        plan(arm6, filter, q, 8.0)
