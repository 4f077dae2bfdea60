"""A bag of a deployed session becomes a dataset."""

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from robot_learning.base.periods import STATE_PERIODS
from robot_learning.cli.main import app
from robot_learning.demonstrations import Dataset, observations
from robot_learning.nodes import messages
from robot_learning.nodes.clock import nanoseconds_of

TYPES = get_typestore(Stores.ROS2_JAZZY)
TOPICS = {
    "/joint_states": JointState,
    "/policy_node/action": Float64MultiArray,
    "/policy_node/observation": Float64MultiArray,
    "/policy_node/goal": PoseStamped,
    "/policy_node/status": DiagnosticStatus,
    "/safety_node/status": DiagnosticStatus,
}


def name_of(kind):
    package, _, rest = kind.__module__.partition(".msg.")
    return f"{package}/msg/{kind.__name__}"


def write(path, said):
    """Write (topic, message, time) as ``ros2 bag record`` does."""
    with Writer(path, version=9, storage_plugin=StoragePlugin.MCAP) as writer:
        made = {}
        for topic, message, time in said:
            if topic not in made:
                kind = name_of(type(message))
                made[topic] = writer.add_connection(topic, kind, typestore=TYPES)
            writer.write(made[topic], time, serialize_message(message))
    return path


@pytest.fixture
def said(system):
    """All that a policy's session says while two goals are reached."""
    said = []
    for topic, kind in TOPICS.items():
        heard = lambda message, topic=topic: said.append((topic, message, system.driver.now))  # noqa: E731
        system.listen(kind, topic, 1000, heard)
    tip = system.model.forward(system.q())[:3, 3]
    for offset in ((0.0, 0.15, -0.1), (0.1, 0.0, -0.15)):
        system.pursue(tip + offset)
        system.until(lambda: "goal reached" in system.policy_status(), 8.0)
    return said


def test_a_session_becomes_one_episode_a_goal(said, system, bundle, tmp_path):
    path = write(tmp_path / "bag", said)
    app(
        ["data", "import", str(path), str(tmp_path / "d"), "--bundle", str(bundle.path)],
        standalone_mode=False,
    )
    dataset = Dataset.open(tmp_path / "d")
    seen, acts = (
        {nanoseconds_of(stamp): parts for stamp, parts in map(messages.parts_of, heard)}
        for heard in (
            [message for topic, message, _ in said if topic == f"/policy_node/{name}"]
            for name in ("observation", "action")
        )
    )
    # What was decided on a state that was not recorded has none in the bag.
    states = {nanoseconds_of(m.header.stamp) for topic, m, _ in said if topic == "/joint_states"}
    longest = round(STATE_PERIODS * system.spec.control_period * 1e9)
    acts = {
        stamp: parts
        for stamp, parts in acts.items()
        if any(0 <= stamp - state <= longest for state in states)
    }
    assert sum(episode.steps for episode in dataset) == len(acts) > 40
    done = np.concatenate([episode.actions for episode in dataset])
    np.testing.assert_array_equal(done, [parts["action"] for parts in acts.values()])
    _, second = dataset.successes()
    own = [observations(e, dataset.interface, system.model)[:-1] for e in dataset]
    rows = dict(zip(acts, np.concatenate(own), strict=True))
    off = [
        np.abs(rows[stamp] - np.concatenate([*parts.values()])).max()
        for stamp, parts in seen.items()
        if stamp in rows
    ]
    # A busy node decides late now and then, and sees further ahead; no bag tells how late.
    assert len(off) > 40 and np.median(off) < 1e-6
    assert second.about.source == "bag" and set(second.columns["source"][:-1]) == {"policy"}
