"""A human moves a simulated arm over topics, and what is recorded becomes a dataset."""

import contextlib
import itertools
import signal
import subprocess
import sys

import numpy as np
import pytest
from geometry_msgs.msg import PoseStamped, Twist, TwistStamped, Vector3
from helpers.graph import LATCHED, Probe
from rclpy.duration import Duration
from sensor_msgs.msg import JointState, Joy

from robot_learning.base.errors import StateError
from robot_learning.cli.teleop import devices
from robot_learning.demonstrations import Dataset, observations
from robot_learning.demonstrations.lerobot import export
from robot_learning.demonstrations.lerobot_import import read
from robot_learning.nodes.teleop import Controls
from robot_learning.worlds.ros import RosWorld

pytestmark = pytest.mark.wall_clock
GAIN, SPEED = 4.0, 0.4  # 1/s, m/s
PAUSE = 10, 35  # messages of the second episode that are not sent, 20 ms apart
EPISODES = 5


class Human:
    """Stands in for one with a device: moves the tip to the goal that it is shown."""

    def __init__(self, graph, model):
        self.graph, self.model = graph, model
        self.goals, self.q, self.lets_go, self.moved = [], None, False, 0
        self.before = 0
        graph.listen(PoseStamped, "/teleop/goal", LATCHED, self._aim)
        graph.listen(JointState, "/joint_states", heard=self._see)
        self._out = graph.node.create_publisher(TwistStamped, "/teleop/twist", 10)
        graph.node.create_timer(0.02, self._push)

    def _aim(self, goal):
        self.goals.append(goal)
        self.before = self.moved

    def _see(self, message):
        at = [message.name.index(joint) for joint in self.model.spec.joints]
        self.q = np.array(message.position)[at]

    def _push(self):
        rests = len(self.goals) == 2 and PAUSE[0] < self.moved - self.before < PAUSE[1]
        self.moved += rests
        if self.lets_go or rests:
            return
        wanted = np.zeros(3)
        if self.goals and self.q is not None:
            point = self.goals[-1].pose.position
            way = np.array([point.x, point.y, point.z]) - self.model.forward(self.q)[:3, 3]
            wanted = way * min(GAIN, SPEED / np.linalg.norm(way))
            self.moved += 1
        message = TwistStamped()
        message.header.frame_id = self.model.spec.base_link
        message.header.stamp = self.graph.node.get_clock().now().to_msg()
        twist = message.twist.linear
        twist.x, twist.y, twist.z = wanted.tolist()
        self._out.publish(message)


@pytest.fixture(scope="module")
def graph():
    graph = Probe("arm6")
    try:
        graph.start("sim_node", robot="arm6")
        graph.wait(lambda: "states at" in graph.words())
        yield graph
    finally:
        graph.close()


@pytest.fixture(scope="module")
def human(graph, arm6_model):
    return Human(graph, arm6_model)


def record(graph, folder, *more, source="teleop"):
    words = ["record", "--source", source, "--robot", "arm6", "--out", str(folder), *more]
    return subprocess.Popen(
        [sys.executable, "-m", "robot_learning.cli.main", *words],
        env={**graph.env, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_teleoperated_episodes_become_a_dataset_and_no_frame_is_lost(graph, human, tmp_path):
    process = record(graph, tmp_path / "d", "--task", "reach", "--episodes", str(EPISODES))
    assert graph.ends(process, graph.hear) == 0, process.stderr.read()
    dataset = Dataset.open(tmp_path / "d")
    assert len(dataset) == EPISODES == len(human.goals) and dataset.successes()
    second = dataset.episode(1)
    released = second.columns["source"][:-1] == "released"
    assert released.any() and not second.actions[released].any()
    steps = 0
    for episode in dataset:
        steps += episode.steps
        assert np.isfinite(episode.actions).all()
        assert (np.diff(episode.columns["stamp"]) >= 0).all()
        assert observations(episode, dataset.interface, human.model).shape[0] == episode.steps + 1
    assert export(dataset, tmp_path / "lerobot") == steps
    _, back = read(tmp_path / "lerobot", None)
    for episode, other in zip(dataset, back, strict=True):
        np.testing.assert_array_equal(episode.columns["q"], other.columns["q"])
        np.testing.assert_array_equal(episode.actions, other.actions)


def test_a_human_corrects_a_policy_and_ctrl_c_keeps_what_there_is(graph, human, bundle, tmp_path):
    human.goals.clear()
    human.moved = 0
    process = record(graph, tmp_path / "d", "--corrections", source=str(bundle.path))
    graph.wait(lambda: human.moved > 15)
    human.lets_go = True
    graph.spin(0.5)
    process.send_signal(signal.SIGINT)
    assert graph.ends(process, graph.hear) == 130, process.stderr.read()
    (*_, episode) = Dataset.open(tmp_path / "d")
    assert episode.about.ended == "interrupted" and episode.about.source == "policy"
    sources, corrected = episode.columns["source"][:-1], episode.columns["intervention"][:-1]
    assert 0 < corrected.sum() < episode.steps
    assert set(sources[corrected]) == {"teleoperation"} and set(sources[~corrected]) == {"policy"}


@pytest.fixture
def world(graph, arm6, monkeypatch):
    monkeypatch.setenv("ROS_DOMAIN_ID", graph.env["ROS_DOMAIN_ID"])
    with contextlib.closing(RosWorld(arm6)) as world:
        yield world


def test_what_a_device_says_counts_and_what_it_should_not_say_is_named(graph, human, world, arm6):
    human.lets_go = True
    options = {"keyboard": False, "axes": [1, 0, 2], "buttons": [0, 1], "tell": print}
    with pytest.raises(StateError, match="/teleop/twist or /joy.*; start a joystick's driver"):
        with devices(world, arm6, speed=0.2, patience=0.1, **options):
            pass
    controls = Controls(world.node, arm6, world.time, [1, 0, 2], [0, 1], 0.2)
    joy, twist = graph.publisher(Joy, "/joy"), graph.publisher(TwistStamped, "/teleop/twist")

    def say(out, message, old=0.0, **fields):
        now = graph.node.get_clock().now() - Duration(seconds=old)
        message.header.stamp = now.to_msg()
        message.header.frame_id = fields.pop("frame", "base_link")
        for key, value in fields.items():
            setattr(message, key, value)
        out.publish(message)

    def after(out, message, until, **fields):
        def told():
            if next(calls) % 10 == 0:  # The world takes one message a look.
                say(out, message, **fields)
            return "" if until() else "not yet"

        calls = itertools.count()
        assert not world.wait_for(told, 20.0)

    after(joy, Joy(), lambda: controls.linear.any(), axes=[-0.5, 1.0, 0.0], buttons=[0, 0])
    np.testing.assert_allclose(controls.linear, [0.2, -0.1, 0.0])
    after(joy, Joy(), lambda: controls.opening == 1.0, axes=[0.0] * 3, buttons=[1, 0])
    # Held down it toggles once.
    for _ in range(5):
        after(joy, Joy(), controls.fresh, axes=[0.0] * 3, buttons=[1, 0])
    assert controls.opening == 1.0 and not controls.ended()
    after(joy, Joy(), controls.ended, axes=[0.0] * 3, buttons=[0, 1])

    def refused(words):
        return lambda: words in controls.problem()

    after(joy, Joy(), refused("/joy: no axis 2, there are 1"), axes=[0.0], buttons=[0, 0])
    fast = Twist(linear=Vector3(x=0.3))
    after(twist, TwistStamped(), lambda: controls.linear.any(), twist=fast)
    np.testing.assert_allclose(controls.linear, [0.3, 0.0, 0.0])
    after(twist, TwistStamped(), refused("'nowhere': known are base_link"), frame="nowhere")
    after(twist, TwistStamped(), refused("s old, at most 0.12 s counts"), old=1.0)
    spoilt = Twist(linear=Vector3(x=float("nan")))
    after(twist, TwistStamped(), refused("the twist is not finite"), twist=spoilt)
    np.testing.assert_allclose(controls.linear, [0.3, 0.0, 0.0])
