import numpy as np
import pytest

from robot_learning.base.types import ArmState, JointCommand
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter, Status

DT = 0.04


@pytest.fixture(scope="module")
def panda():
    return RobotSpec.load("panda")


@pytest.fixture
def filter(panda):
    filter = SafetyFilter(panda)
    filter.reset(panda.home, 0.0, opening=1.0)
    return filter


def ask(filter, opening, now):
    state = ArmState(*filter.reference(now), now)
    return filter.apply(JointCommand(np.zeros(filter.spec.n), opening=opening), state, DT, now)


def test_the_gripper_moves_at_its_own_pace(filter, panda):
    openings = [ask(filter, 0.0, step * DT).opening for step in range(15)]
    steps = -np.diff([1.0, *openings])
    assert (steps <= DT / panda.gripper.time + 1e-12).all()
    assert openings[-1] == 0.0


@pytest.mark.parametrize("asked", [-3.0, 7.0])
def test_it_stays_in_its_range(filter, asked):
    for step in range(20):
        assert 0.0 <= ask(filter, asked, step * DT).opening <= 1.0


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_no_number_is_refused(filter, bad):
    result = ask(filter, bad, 0.0)
    assert Cause.BAD_COMMAND in result.active and result.opening == 1.0


def test_a_stop_keeps_hold_of_what_is_held(filter):
    for step in range(5):
        held = ask(filter, 0.0, step * DT).opening
    filter.request_stop()
    result = ask(filter, 1.0, 5 * DT)
    assert result.status is Status.STOPPED and result.opening == held


def test_a_command_of_motion_alone_leaves_it_as_it_is(filter):
    assert ask(filter, None, 0.0).opening == 1.0


def test_an_arm_without_one_is_sent_nothing(arm6):
    filter = SafetyFilter(arm6)
    filter.reset(arm6.home, 0.0)
    assert ask(filter, 0.5, 0.0).opening is None
