"""How a goal ends, and the objects that a policy hears of."""

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped, PoseWithCovarianceStamped
from helpers.graph import value_of
from helpers.robots import scripted_bundle
from std_srvs.srv import Trigger

from robot_learning.nodes.clock import nanoseconds_of

OBJECT = "/policy_node/objects/object"
PLACE = [0.4, 0.1, 0.05]


def says(graph, message, words=""):
    """Return a predicate: the policy node's last status is ``message`` with ``words`` in it."""

    def said():
        last = graph.policy_said[-1] if graph.policy_said else None
        return last and last.message == message and words in value_of(last, "reason")

    return said


def away(graph, offset=(0.0, 0.15, -0.1)):
    """Return a goal (3,) so far from the tip, m."""
    return graph.model.forward(graph.q())[:3, 3] + np.array(offset)


def outcome(graph):
    return value_of(graph.policy_said[-1], "outcome")


def test_a_goal_is_reached_once_the_tip_has_stayed_and_then_nothing_is_asked(system):
    goal = away(system)
    system.pursue(goal)
    system.until(says(system, "goal reached", "stayed within"), 8.0)
    assert outcome(system) == "reached"
    tip = system.model.forward(system.q())[:3, 3]
    assert np.linalg.norm(tip - goal) < 0.02
    system.wait_at_rest(2.0)
    del system.commands[:]
    system.run(0.5)
    assert not system.commands
    assert says(system, "goal reached")()


def test_a_goal_that_takes_too_long_is_given_up_and_says_what_is_left(system):
    assert system.set_parameter("/policy_node", "goal_timeout", 0.4).successful
    try:
        system.pursue(away(system, (0.0, 0.3, 0.0)))
        system.until(says(system, "goal timed out", "mm are left"), 3.0)
        assert outcome(system) == "timed_out"
        system.wait_at_rest(2.0)
    finally:
        assert system.set_parameter("/policy_node", "goal_timeout", 0.0).successful


def test_a_goal_is_cancelled_where_somebody_asks_and_the_arm_comes_to_rest(system):
    goal = away(system, (0.0, 0.25, 0.0))
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.2)
    assert system.call(Trigger, "/policy_node/cancel").success
    system.until(says(system, "goal cancelled"))
    system.wait_at_rest(2.0)
    assert np.linalg.norm(system.model.forward(system.q())[:3, 3] - goal) > 0.02
    again = system.call(Trigger, "/policy_node/cancel")
    assert not again.success and again.message == "there is no goal"


class Tracker:
    """Tells where an object is, with each joint state."""

    def __init__(self, graph):
        self.graph = graph
        self.place, self.frame, self.late = list(PLACE), graph.spec.base_link, 0.0
        self.covariance = None
        kinds = {OBJECT: PoseStamped, f"{OBJECT}_with_covariance": PoseWithCovarianceStamped}
        self.plain, self.unsure = (graph.publisher(k, topic) for topic, k in kinds.items())
        graph.driver.spoil = self.tell

    def tell(self, state):
        message = PoseStamped() if self.covariance is None else PoseWithCovarianceStamped()
        nanoseconds = nanoseconds_of(state.header.stamp) - round(self.late * 1e9)
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(nanoseconds, 10**9)
        message.header.frame_id = self.frame
        pose = message.pose if self.covariance is None else message.pose.pose
        pose.position.x, pose.position.y, pose.position.z = map(float, self.place)
        if self.covariance is not None:
            message.pose.covariance[0] = self.covariance
        (self.plain if self.covariance is None else self.unsure).publish(message)
        return state


@pytest.fixture
def tracked(arm, arm6_model, tmp_path):
    """The arm with a policy that must know where an object is, and nobody who tells it."""
    observed = ("goal_step", "object_offset")
    bundle = scripted_bundle(
        tmp_path / "bundle", "arm6", provenance={"object_deviation": 0.02}, observed=observed
    )
    arm.activate(bundle.path)
    arm.model = arm6_model
    yield arm
    for name in ("goal_timeout", "settle_time"):
        assert arm.set_parameter("/policy_node", name, 0.0).successful
    arm.unconfigure()


def test_what_an_object_waits_for_is_named_and_nothing_moves(tracked):
    assert tracked.set_parameter("/policy_node", "goal_timeout", 3600.0).successful
    assert tracked.set_parameter("/policy_node", "settle_time", 60.0).successful
    tracked.goal(away(tracked))
    tracked.until(says(tracked, "no input", f"nobody publishes {OBJECT}"))
    assert not tracked.commands
    tracker = Tracker(tracked)
    tracked.until(lambda: tracked.commands, 3.0)
    for spoil, words in (
        ({"frame": "the_moon"}, "the_moon"),
        ({"late": 0.5}, "0.5"),
        ({"covariance": 0.03**2}, "standard deviation of 0.0300 m"),
        ({"place": [np.nan, 0.0, 0.0]}, "not finite"),
    ):
        good = {key: getattr(tracker, key) for key in spoil}
        vars(tracker).update(spoil)
        tracked.until(says(tracked, "no input", words))
        tracked.wait_at_rest(2.0)
        vars(tracker).update(good)
        tracked.until(lambda: not says(tracked, "no input")())


def test_an_object_counts_as_far_as_the_bundle_was_trained_with_it(tracked):
    tracker = Tracker(tracked)
    tracker.covariance = 0.015**2
    tracked.goal(away(tracked))
    tracked.until(lambda: tracked.commands, 3.0)
    tracker.covariance = 0.021**2
    tracked.until(says(tracked, "no input", "0.0210 m; at most 0.02 m counts"))
    assert tracked.set_parameter("/policy_node", "object_deviation", 0.03).successful
    tracked.until(lambda: not says(tracked, "no input")())
    assert tracked.set_parameter("/policy_node", "object_deviation", 0.0).successful


def test_an_object_that_is_suddenly_elsewhere_ends_the_goal(tracked):
    tracker = Tracker(tracked)
    tracked.pursue(away(tracked, (0.0, 0.25, 0.0)))
    tracked.follow_policy = False
    tracker.place[0] += 0.04  # as fast as a hand
    tracked.run(0.1)
    assert not outcome(tracked)
    tracker.place[1] -= 0.3
    tracked.until(says(tracked, "object lost", "'object' was suddenly 0.30 m away"))
    assert outcome(tracked) == "object_lost"
    tracked.wait_at_rest(2.0)
    # Without a goal it may be put elsewhere, and another goal begins anew.
    tracker.place[1] += 0.3
    tracked.run(0.1)
    tracked.pursue(away(tracked, (0.0, 0.05, 0.0)))
    assert not outcome(tracked)
