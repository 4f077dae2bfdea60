import numpy as np
import pytest

from robot_learning.base.types import ArmState, Input, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, Interface


@pytest.fixture
def model(arm6):
    return ArmModel(arm6)


def asked(arm6, wishes, **settings):
    """Return the memory of a policy that had these wishes (k, n), each of them for a period."""
    history = History.start(Interface(joints=arm6.joints, control_period=0.04, **settings))
    for wish in wishes:
        command = JointCommand(np.asarray(wish), acceleration=np.full(arm6.n, 5.0))
        history.push(np.zeros(arm6.n), {}, command)
    return history


def test_a_wish_is_remembered_as_the_filter_shapes_it(arm6):
    history = asked(arm6, [np.full(arm6.n, 0.5)] * 2)
    np.testing.assert_allclose(history.asked[:4, 0], [0.4, 0.2, 0.0, 0.0])
    history = asked(arm6, [np.full(arm6.n, 0.5)], policy_every=2)
    np.testing.assert_allclose(history.asked[:4, 0], [0.4, 0.2, 0.0, 0.0])


def test_an_arm_goes_on_as_it_moved_and_as_it_was_asked_to_since(arm6, model):
    rest = ArmState(arm6.home, np.zeros(arm6.n), 1.0)
    inputs = {"goal": Input(np.array([0.3, 0.0, 0.2]), 1.0)}
    history = asked(arm6, [np.full(arm6.n, 0.5)] * 2)
    assert history.ahead(model, rest, inputs, 0.0)[0] is rest
    seen, _ = history.ahead(model, rest, inputs, 0.08)
    # From 0 over 0.2 to 0.4 rad/s in two periods of 0.04 s.
    np.testing.assert_allclose(seen.q, arm6.home + 0.04 * (0.1 + 0.3))
    np.testing.assert_allclose(seen.qd, 0.4)
    assert seen.stamp == pytest.approx(1.08)
    seen, _ = history.ahead(model, rest, inputs, 0.04)
    np.testing.assert_allclose(seen.q, arm6.home + 0.04 * 0.1)
    # An arm that is held moves no further than it did, however long it is asked to.
    held = asked(arm6, [np.full(arm6.n, 0.5)] * 20)
    np.testing.assert_allclose(held.ahead(model, rest, inputs, 0.16)[0].q, arm6.home)


def test_what_moves_as_the_tip_does_is_taken_along(arm6, model):
    history = asked(arm6, [np.full(arm6.n, 0.4)] * 9 + [np.zeros(arm6.n)] * 2)
    state = ArmState(arm6.home, np.full(arm6.n, 0.4), 1.0)
    J = model.jacobian(arm6.home)[:3]
    tip, box, still = J @ state.qd, np.array([0.3, 0.0, 0.02]), np.array([0.2, 0.2, 0.02])
    history.previous_inputs = {"object": box - 0.04 * tip, "second": still, "goal": box}
    given = {"object": box, "second": still, "goal": box + 0.04 * tip}
    inputs = {name: Input(value, 1.0) for name, value in given.items()}
    arm, values = history.ahead(model, state, inputs, 0.08)
    np.testing.assert_allclose(values["object"] - box, J @ (arm.q - arm6.home), atol=1e-12)
    assert np.linalg.norm(values["object"] - box) < 0.08 * np.linalg.norm(tip)
    np.testing.assert_array_equal(values["second"], still)
    np.testing.assert_allclose(values["goal"], given["goal"] + 0.08 * tip)
