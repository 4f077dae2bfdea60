from dataclasses import dataclass, field

import numpy as np
import pytest

from robot_learning.base.errors import StateError
from robot_learning.demonstrations.record import Recorder
from robot_learning.demonstrations.teleoperation import Corrected, Teleoperator, Wish, action_of
from robot_learning.envs import ArmEnv


@dataclass
class Device:
    wishes: list = field(default_factory=list)
    quiet: float = 0.0
    over: bool = False

    def begin(self, env):
        pass

    def wish(self):
        return self.wishes.pop(0) if self.wishes else None

    def silent(self):
        return self.quiet

    def problem(self):
        return "nobody publishes /joy"

    def ended(self):
        return self.over


@pytest.fixture(scope="module")
def env():
    env = ArmEnv("panda", "pick_and_place")
    env.reset(seed=0)
    return env


def tip_after(env, wish, steps=25):
    """Return how far the tip moved."""
    env.reset(seed=0)
    before = env.model.forward(env.state.q)[:3, 3]
    for _ in range(steps):
        env.step(action_of(wish, env))
    return env.model.forward(env.state.q)[:3, 3] - before


@pytest.mark.parametrize("mode", ["joint_velocity", "tip_displacement", "tool_down"])
def test_the_tip_goes_where_it_is_wished(mode):
    moved = tip_after(ArmEnv("panda", "push", action_mode=mode), Wish(np.array([0.0, 0.1, 0.0])))
    np.testing.assert_allclose(moved, [0.0, 0.1, 0.0], atol=0.012)


def test_no_wish_is_rest_and_one_too_large_keeps_its_direction(env):
    reach = ArmEnv("arm6", "reach")
    reach.reset(seed=0)
    assert not action_of(Wish(np.zeros(3)), reach).any()
    fast = action_of(Wish(np.array([4.0, 1.0, 0.0])), env)
    np.testing.assert_allclose(fast[:3], [1.0, 0.25, 0.0])


def test_the_gripper_stays_until_it_is_told(env):
    env.reset(seed=0)
    assert action_of(Wish(np.zeros(3)), env)[-1] == 1.0
    assert action_of(Wish(np.zeros(3), opening=0.0), env)[-1] == -1.0
    for _ in range(20):
        env.step(action_of(Wish(np.zeros(3), opening=0.0), env))
    assert action_of(Wish(np.zeros(3)), env)[-1] == -1.0


def test_one_who_lets_go_rests_and_in_the_end_is_waited_for_no_more(env):
    device = Device([Wish(np.array([0.1, 0.0, 0.0]))])
    actor = Teleoperator(device)
    assert actor.act(env).source == "teleoperation"
    choice = actor.act(env)
    assert choice.source == "released" and not choice.action[:3].any()
    device.quiet = 11.0
    with pytest.raises(StateError, match="for 10 s: nobody publishes /joy; what was recorded is"):
        actor.act(env)
    device.over = True
    assert actor.act(env) is None


def test_a_human_who_moves_takes_over_and_the_policy_is_told(env):
    told = []
    still, push = Wish(np.zeros(3)), Wish(np.array([0.1, 0.0, 0.0]))
    device = Device([still, push, Wish(np.zeros(3), opening=0.0, pressed=True), None])
    actor = Corrected(
        device, lambda env: np.ones(4, np.float32), lambda env, action: told.append(action)
    )
    recorder = Recorder(env, "bullet")
    recorder.reset(0)
    for _ in range(4):
        recorder.step(actor.act(env))
    columns = recorder.finish("policy", "operator").columns
    assert list(columns["source"]) == ["policy", *2 * ["teleoperation"], "policy", ""]
    assert list(columns["intervention"]) == [False, True, True, False, False]
    np.testing.assert_array_equal(columns["action"][1:3], told)
    np.testing.assert_array_equal(columns["action"][3], np.ones(4))
