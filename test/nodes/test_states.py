"""How a state is put together, without ROS in between."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from sensor_msgs.msg import JointState

from robot_learning.base.errors import StateError
from robot_learning.nodes.states import MOST_UNREAD, JointStates

TIMEOUT = 0.2


class Stub:
    """A node and its time."""

    told = True

    def __init__(self):
        self.said, self.at = [], 0.0

    def get_logger(self):
        return SimpleNamespace(warning=lambda words, **_: self.said.append(words))

    def resolve_topic_name(self, name):
        return f"/left/{name}"

    def count_publishers(self, name):
        return 0

    def now(self):
        return self.at

    def seconds(self, stamp):
        return stamp.sec + stamp.nanosec * 1e-9


@pytest.fixture
def stub():
    return Stub()


@pytest.fixture
def states(stub, arm6):
    return JointStates(stub, arm6, stub)


def state(spec, t, q=None, qd=None, joints=None, **fields):
    names = list(spec.joints) if joints is None else joints
    position = [0.0] * len(names) if q is None else list(q)
    velocity = [0.0] * len(names) if qd is None else list(qd)
    message = JointState(**({"name": names, "position": position, "velocity": velocity} | fields))
    nanoseconds = round(t * 1e9)
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(nanoseconds, 10**9)
    return message


def test_joints_may_come_in_several_messages_and_count_from_the_oldest(states, arm6):
    first, second = list(arm6.joints[:2]), list(arm6.joints[2:])
    assert states.hear(state(arm6, 1.0, joints=first), TIMEOUT) is None
    assert states.hear(state(arm6, 1.01, joints=second), TIMEOUT).stamp == pytest.approx(1.0)
    assert states.hear(state(arm6, 1.02, joints=second), TIMEOUT) is None
    assert states.hear(state(arm6, 1.03, joints=first), TIMEOUT).stamp == pytest.approx(1.02)


def test_velocities_are_estimated_and_that_is_said_once(states, stub, arm6):
    nothing = [math.nan] * arm6.n
    assert states.hear(state(arm6, 1.0, qd=[]), TIMEOUT) is None
    q = np.linspace(0.01, 0.02, arm6.n)
    found = states.hear(state(arm6, 1.01, q=q, qd=nothing), TIMEOUT)
    np.testing.assert_allclose(found.qd, q / 0.01)
    states.hear(state(arm6, 1.02, q=q, qd=[]), TIMEOUT)
    assert len(stub.said) == 1 and "/left/joint_states" in stub.said[0]


def test_a_message_that_was_overtaken_is_passed_over_and_a_clock_set_back_is_not(states, arm6):
    states.hear(state(arm6, 61.0), TIMEOUT)
    assert states.hear(state(arm6, 60.95), TIMEOUT) is None
    assert states.hear(state(arm6, 1.0), TIMEOUT).stamp == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"position": [0.0, 0.0]}, "2 values of position for 6 names"),
        ({"velocity": [0.0]}, "1 values of velocity"),
        ({"position": [0.0, math.nan, *[0.0] * 4]}, "position is not finite"),
        ({"velocity": [0.0, math.inf, *[0.0] * 4]}, "velocity is not finite"),
    ],
)
def test_what_is_wrong_is_named_until_it_is_right(states, stub, arm6, fields, named):
    with pytest.raises(StateError, match=named):
        states.hear(state(arm6, 1.0, **fields), TIMEOUT)
    assert named in states.problem(TIMEOUT)
    stub.at = 1.1
    assert states.hear(state(arm6, 1.1), TIMEOUT) is not None
    assert not states.problem(TIMEOUT)


def test_a_joint_named_twice_and_a_missing_stamp_are_refused(states, arm6):
    twice = state(arm6, 1.0, joints=[*arm6.joints, arm6.joints[0]])
    with pytest.raises(StateError, match=f"'{arm6.joints[0]}' is named twice"):
        states.hear(twice, TIMEOUT)
    with pytest.raises(StateError, match="no stamp"):
        states.hear(state(arm6, 0.0), TIMEOUT)


def test_why_there_is_no_state(states, stub, arm6):
    assert states.problem(TIMEOUT) == "nobody publishes /left/joint_states"
    states.hear(state(arm6, 1.0, joints=[]), TIMEOUT)
    assert "names no joint" in states.problem(TIMEOUT)
    states.hear(state(arm6, 1.0, joints=["finger"]), TIMEOUT)
    assert arm6.joints[0] in states.problem(TIMEOUT) and "finger" in states.problem(TIMEOUT)
    states.hear(state(arm6, 1.0), TIMEOUT)
    stub.at = 1.5
    assert "0.500 s old, at most 0.2 s counts" in states.problem(TIMEOUT)
    stub.at = 0.5
    assert "0.500 s ahead" in states.problem(TIMEOUT)
    stub.at = 1.7e9
    assert "use_sim_time" in states.problem(TIMEOUT)


def test_of_what_is_kept_the_newest_of_each_publisher_is_read_and_it_came_when_it_came(
    states, stub, arm6
):
    first, second = list(arm6.joints[:2]), list(arm6.joints[2:])
    for number in range(5):
        stub.at = 1.0 + 0.01 * number
        states.keep(state(arm6, stub.at - 0.002, joints=first))
        states.keep(state(arm6, stub.at - 0.003, joints=second))
    stub.at = 1.1
    found = list(states.read(TIMEOUT))
    assert len(found) == 2 and found[-1][0].stamp == pytest.approx(1.037)
    assert states.ages[-1] == pytest.approx(0.003) and not list(states.read(TIMEOUT))


def test_each_state_without_velocities_is_read_but_no_more_than_so_many_are_kept(states, arm6):
    for number in range(3):
        states.keep(state(arm6, 1.0 + 0.01 * number, qd=[]))
    assert len(list(states.read(TIMEOUT))) == 3
    for number in range(MOST_UNREAD + 50):
        states.keep(state(arm6, 2.0 + 0.01 * number, qd=[]))
    found = list(states.read(TIMEOUT))
    assert len(found) == MOST_UNREAD
    assert found[-1][0].stamp == pytest.approx(2.0 + 0.01 * (MOST_UNREAD + 49))


def test_what_is_kept_and_wrong_is_told_and_the_rest_is_read(states, arm6):
    first, second = list(arm6.joints[:2]), list(arm6.joints[2:])
    states.keep(state(arm6, 1.0, q=[math.nan, 0.0], joints=first))
    states.keep(state(arm6, 1.0, joints=second))
    told = []
    assert len(list(states.read(TIMEOUT, refuse=told.append))) == 1
    assert len(told) == 1 and "not finite" in told[0]
