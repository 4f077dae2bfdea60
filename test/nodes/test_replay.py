"""Each shipped policy, deployed, decides what it decided in an episode of the environment.

The episode is one of states and commands that come late and objects that are seen with noise.
What it saw is told to ``policy_node`` on its topics; not a bit may differ in what that answers.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from helpers.graph import COMMANDS, LATCHED, Probe
from lifecycle_msgs.srv import GetState
from rosgraph_msgs.msg import Clock
from scipy.spatial.transform import Rotation
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from robot_learning.base.paths import find_bundle, shipped_policies
from robot_learning.envs import ArmEnv
from robot_learning.nodes.messages import parts_of, pose_message
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.robot import RobotSpec
from robot_learning.tasks import TaskSettings
from robot_learning.worlds.variation import Randomization

DECISIONS = 60
BEGIN = 100.0  # s, the first time on the clock
SHIFT = Randomization({"observation_latency": 1, "action_latency": 1, "input_noise": 0.002})


@pytest.fixture
def probe():
    probe = Probe("panda")
    yield probe
    probe.close()


def episode(bundle, spec):
    """Return what a policy saw and did, one record a decision."""
    env = ArmEnv(
        spec.path, TaskSettings(**bundle.task_settings), interface=bundle.interface, shift=SHIFT
    )
    through_quaternions(env)
    runner, records = PolicyRunner(bundle, spec), []
    env.reset(seed=7)
    before = env.world.arm.fingers[0]
    env.step(None)  # the first state comes twice, and a node decides once on each
    for _ in range(DECISIONS):
        delay = env.filter.delay
        result = runner.step(env.state, env.inputs, env.time, delay)
        record = SimpleNamespace(time=env.time, state=env.state, inputs=dict(env.inputs))
        record.delay, record.result = delay, result
        record.fingers, before = before, env.world.arm.fingers[0]  # they come a period late
        records.append(record)
        env.step(result.action)
    env.close()
    return records


def through_quaternions(env):
    """Let the goal's orientation be one that a message can tell exactly."""
    told = env.task.inputs

    def inputs(time):
        found = told(time)
        if "goal_rotation" in found:
            turn = Rotation.from_matrix(found["goal_rotation"]).as_quat()
            found["goal_rotation"] = Rotation.from_quat(turn).as_matrix()
        return found

    env.task.inputs = inputs


class Told:
    """Tells a policy node what a record says."""

    def __init__(self, probe, bundle):
        self.probe, self.spec = probe, probe.spec
        self.goals = {}
        needs = bundle.interface.needs
        names = [name for name in ("goal", "stack_goal") if name in needs]
        kinds = {f"/policy_node/{name}": PoseStamped for name in names}
        kinds |= {f"/policy_node/objects/{n}": PoseStamped for n in bundle.interface.objects}
        kinds |= {"/joint_states": JointState, "/safety_node/status": DiagnosticStatus}
        self.publishers = {topic: probe.publisher(kind, topic) for topic, kind in kinds.items()}
        self.publishers["/clock"] = probe.publisher(Clock, "/clock")
        self.status = probe.listen(DiagnosticStatus, "/policy_node/status", LATCHED)
        self.last = {}
        probe.remind = self.remind

    def remind(self):
        """Tell the time and the state once more; they are sent best-effort."""
        for topic in ("/clock", "/joint_states"):
            if topic in self.last:
                self.publishers[topic].publish(self.last[topic])

    def warm_up(self, record):
        """Tell the time and a state until they are heard; without a goal nothing is decided."""
        self.send("/clock", Clock(clock=_stamp(BEGIN - 1.0)))
        self.tell_state(record, _stamp(BEGIN - 1.0))

        def step():
            self.remind()
            self.probe.spin(0.05)

        self.probe.wait(lambda: self.status and self.status[-1].message == "active", step)

    def tell(self, record):
        """Tell all but the joint state, and wait until it is heard; then that as well."""
        self.send("/clock", Clock(clock=_stamp(BEGIN + record.time)))
        stamp = _stamp(BEGIN + record.state.stamp)
        self.send("/safety_node/status", _status(record.delay))
        for name, item in record.inputs.items():
            topic = f"/policy_node/objects/{name}"
            if topic in self.publishers:
                pose = [*item.value, 0.0, 0.0, 0.0, 1.0]
                self.send(topic, pose_message(pose, self.spec.base_link, stamp))
        self.tell_goals(record)
        self.probe.call(GetState, "/policy_node/get_state")
        self.tell_state(record, stamp)

    def tell_state(self, record, stamp):
        gripper = self.spec.gripper
        fingers = gripper.joints[: len(record.fingers)]
        message = JointState(name=[*self.spec.joints, *fingers])
        message.position = [*record.state.q, *record.fingers]
        message.velocity = [*record.state.qd, *([0.0] * len(fingers))]
        message.header.stamp = stamp
        self.send("/joint_states", message)

    def tell_goals(self, record):
        turn = [0.0, 0.0, 0.0, 1.0]
        if "goal_rotation" in record.inputs:
            turn = Rotation.from_matrix(record.inputs["goal_rotation"].value).as_quat()
        for name in ("goal", "stack_goal"):
            topic, item = f"/policy_node/{name}", record.inputs.get(name)
            if topic in self.publishers and not np.array_equal(item.value, self.goals.get(name)):
                self.goals[name] = item.value
                pose = pose_message([*item.value, *turn], self.spec.base_link, Time())
                self.send(topic, pose)

    def send(self, topic, message):
        self.last[topic] = message
        self.publishers[topic].publish(message)


def _stamp(seconds):
    nanoseconds = round(seconds * 1e9)
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)


def _status(delay):
    values = [KeyValue(key="delay", value=repr(delay))]
    return DiagnosticStatus(level=DiagnosticStatus.OK, message="OK", values=values)


@pytest.mark.parametrize("name", shipped_policies())
def test_a_deployed_policy_decides_what_it_decided_in_the_environment(probe, name):
    bundle = PolicyBundle.load(find_bundle(name))
    records = episode(bundle, RobotSpec.load("panda"))
    seen = probe.listen(Float64MultiArray, "/policy_node/observation")
    done = probe.listen(Float64MultiArray, "/policy_node/action")
    commands = probe.listen(JointState, COMMANDS)
    endless = {"settle_time": 60.0, "goal_timeout": 3600.0, "autostart": True}
    probe.start("policy_node", bundle=str(bundle.path), use_sim_time=True, **endless)
    told = Told(probe, bundle)
    told.warm_up(records[0])
    for number, record in enumerate(records):
        told.tell(record)
        probe.wait(lambda n=number: min(len(seen), len(done), len(commands)) > n)
        result = record.result
        flat = np.concatenate([*parts_of(seen[-1])[1].values()])
        np.testing.assert_array_equal(flat, result.observation, err_msg=f"decision {number}")
        np.testing.assert_array_equal(parts_of(done[-1])[1]["action"], result.action)
        n = len(probe.spec.joints)
        np.testing.assert_array_equal(commands[-1].velocity[:n], result.command.qd)
        if bundle.interface.gripper:
            assert commands[-1].position[-1] == result.command.opening
    assert any(record.delay for record in records)
    assert any(record.time > record.state.stamp for record in records)
