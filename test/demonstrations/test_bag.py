"""A bag of a session with an object and a gripper, written without ROS."""

from pathlib import Path

import numpy as np
import pytest
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore

from robot_learning.base.errors import DatasetError
from robot_learning.cli.data import _of_a_bag
from robot_learning.cli.options import load_bundle
from robot_learning.demonstrations import observations
from robot_learning.demonstrations.record import Choice, Recorder
from robot_learning.evaluation.rollout import env_of, runner_action
from robot_learning.policy import PolicyRunner

TYPES = get_typestore(Stores.ROS2_JAZZY)
POLICY = "panda-pick_and_place"
ZERO = 1_795_000_000 * 10**9  # ns


def make(kind, **fields):
    return TYPES.types[kind](**fields)


def header(time, frame):
    stamp = make("builtin_interfaces/msg/Time", sec=time // 10**9, nanosec=time % 10**9)
    return make("std_msgs/msg/Header", stamp=stamp, frame_id=frame)


def joint_state(time, names, q, qd):
    empty = np.zeros(0)
    return make(
        "sensor_msgs/msg/JointState",
        header=header(time, ""),
        name=list(names),
        position=np.array(q),
        velocity=np.array(qd),
        effort=empty,
    )


def pose(time, frame, values):
    point = make("geometry_msgs/msg/Point", **dict(zip("xyz", values[:3], strict=True)))
    turn = make("geometry_msgs/msg/Quaternion", **dict(zip("xyzw", values[3:7], strict=True)))
    made = make("geometry_msgs/msg/Pose", position=point, orientation=turn)
    return make("geometry_msgs/msg/PoseStamped", header=header(time, frame), pose=made)


def decision(time, action, goal):
    parts = {"stamp.sec": [time // 10**9], "stamp.nanosec": [time % 10**9]}
    parts |= {"action": action, "goal": goal}
    kind = "std_msgs/msg/MultiArrayDimension"
    sizes = [make(kind, label=name, size=len(p), stride=len(p)) for name, p in parts.items()]
    layout = make("std_msgs/msg/MultiArrayLayout", dim=sizes, data_offset=0)
    data = np.concatenate([np.asarray(part, dtype=np.float64) for part in parts.values()])
    return make("std_msgs/msg/Float64MultiArray", layout=layout, data=data)


def status(hash):
    values = [make("diagnostic_msgs/msg/KeyValue", key="hash", value=hash)]
    kind = "diagnostic_msgs/msg/DiagnosticStatus"
    return make(kind, level=0, name="", message="", hardware_id="", values=values)


@pytest.fixture(scope="module")
def session():
    """An episode of the environment, and the messages that its deployment would have sent."""
    bundle, spec = load_bundle(Path(POLICY), "")
    runner, env = PolicyRunner(bundle, spec), env_of(bundle, spec)
    recorder = Recorder(env, "bullet")
    recorder.reset(1)
    for _ in range(40):
        recorder.step(Choice(runner_action(runner, env), "policy"))
    episode = recorder.finish("policy", "time")
    columns, said = episode.columns, []
    names = [*spec.joints, *spec.gripper.joints]
    for row, stamp in enumerate(columns["stamp"]):
        time = ZERO + round(stamp * 1e9)
        q = [*columns["q"][row], *columns["fingers"][row]]
        body, goal = columns["body.object"][row], columns["input.goal"][row]
        state = joint_state(time, names, q, [*columns["qd"][row], 0.0, 0.0])
        said.append(("/left/policy_node/objects/object", pose(time, spec.base_link, body), time))
        said.append(("/left/joint_states", state, time))
        if row < episode.steps:
            made = decision(time, columns["action"][row], goal)
            said.append(("/left/policy_node/action", made, time + 1000))
    said.append(("/left/policy_node/status", status(bundle.hash), ZERO))
    return episode, env, said


def write(path, said, **storage):
    with Writer(path, version=9, **storage) as writer:
        made = {}
        for topic, message, time in said:
            kind = message.__msgtype__
            if topic not in made:
                made[topic] = writer.add_connection(topic, kind, typestore=TYPES)
            writer.write(made[topic], time, TYPES.serialize_cdr(message, kind))
    return path


def test_a_session_comes_back_as_the_episode_that_it_was(session, tmp_path):
    episode, env, said = session
    path = write(tmp_path / "bag", said, storage_plugin=StoragePlugin.MCAP)
    manifest, (other,) = _of_a_bag(path, POLICY, "")
    assert manifest.task["task"] == "pick_and_place" and other.steps == episode.steps
    assert other.about.success == episode.about.success
    np.testing.assert_array_equal(other.actions, episode.actions)
    own, seen = (observations(e, env.interface, env.model) for e in (episode, other))
    np.testing.assert_allclose(seen, own, atol=1e-6)
    np.testing.assert_allclose(
        other.columns["body.object"][:, :7], episode.columns["body.object"][:, :7], atol=1e-12
    )
    start = other.about.start.places["object"]
    assert start.yaw == pytest.approx(episode.about.start.places["object"].yaw, abs=1e-3)


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("policy_node/action", "0 topics policy_node/action, .* ros2 bag record"),
        ("joint_states", "/left/joint_states: no message with all joints"),
        ("policy_node/objects/object", "no message on /left/policy_node/objects/object or "),
    ],
)
def test_a_topic_that_was_not_recorded_is_named(session, tmp_path, topic, said):
    lacking = [item for item in session[2] if item[0] != f"/left/{topic}"]
    with pytest.raises(DatasetError, match=said):
        _of_a_bag(write(tmp_path / "bag", lacking), POLICY, "")


def test_another_policy_another_frame_and_a_cut_bag_are_named(session, tmp_path):
    _, _, said = session
    path = write(tmp_path / "bag", said)
    with pytest.raises(DatasetError, match=r"policy_node/status: bundle .* at work, not panda-re"):
        _of_a_bag(path, "panda-reach", "")
    strange = pose(ZERO, "camera", np.ones(7))
    more = [*said, ("/left/policy_node/objects/object", strange, ZERO)]
    with pytest.raises(DatasetError, match="frame 'camera': known are panda_link0; .*'frames:'"):
        _of_a_bag(write(tmp_path / "strange", more), POLICY, "")
    (file,) = path.glob("*.db3")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(DatasetError, match=f"{path}: no bag that can be read"):
        _of_a_bag(path, POLICY, "")
