"""What is trained is what runs: an episode of the environment, replayed through the real nodes.

The test plays the driver of a simulated arm that lags behind its commands. Nothing may differ by a
single bit: observations, actions, commands, and where the arm is after each control period.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from helpers.graph import COMMANDS, TOPIC, WATCHDOGS, Probe, value_of
from helpers.robots import robot_yaml, scripted_bundle
from lifecycle_msgs.srv import GetState
from rcl_interfaces.srv import GetParameters
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.periods import COMMAND_PERIODS, STREAM_PERIODS
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Snapshot
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import runner_action
from robot_learning.kinematics import ArmModel
from robot_learning.nodes.clock import nanoseconds_of
from robot_learning.nodes.messages import parts_of, trajectory_of
from robot_learning.policy import PolicyRunner
from robot_learning.robot import RobotSpec
from robot_learning.safety.motion import REST
from robot_learning.worlds.world import World

DECISIONS = 25
LEAD = 4  # a segment is sent so many parts of a control period ahead: 1 / 4
SLICES, HELD = 16, 3  # a held command is served 3 / 16 of a control period after its start
BEGIN = 100 * 10**9  # ns, the first time on the clock
# Control periods. The test follows a segment LEAD ahead of its stamp; for either the filter finds
# that the arm is one period late.
LATE = 1.1
FORWARDED = "/probe/safety_status"
SEEN = ("joint_position", "joint_velocity", "goal_step", "goal_velocity", "previous_action")
SCALES = {"velocity_scale": 0.3, "acceleration_scale": 0.15}
REPEAT = {"action_repeat": 3}
NAMES = {str(SCALES): "own scales", str(REPEAT): "actions that hold"}


class LateArm(World):
    """An arm that is where it was told to be ``LATE`` control periods ago; keeps what it was."""

    def __init__(self, spec):
        self.period = spec.control_period

    def reset(self, start):
        self.motions, self.states = [Trajectory.rest(start.q)], []
        return self._keep(ArmState(start.q, np.zeros_like(start.q), 0.0))

    def step(self, motion, dt, opening=None):
        self.motions.append(motion)
        q, qd = self.motions[-2].sample((2.0 - LATE) * self.period)
        return self._keep(ArmState(q, qd, self.states[-1].stamp + dt))

    def _keep(self, state):
        self.states.append(state)
        return Snapshot(state)


def trained(bundle, spec, task):
    """Return an episode of a bundle in the environment."""
    env = ArmEnv(spec.path, task, world=LateArm(spec), interface=bundle.interface)
    runner = PolicyRunner(bundle, spec)
    env.reset(seed=4)
    found = SimpleNamespace(seen=[], done=[], goals=[], start=env.state.q)
    for _ in range(DECISIONS):
        found.seen.append(env.flat_observation)
        found.goals.append(env.inputs["goal"].value)
        found.done.append(runner_action(runner, env))
        env.step(found.done[-1])
    found.states, found.delay = env.world.states, env.filter.delay
    env.close()
    return found


class Deployed(Probe):
    """The nodes, with the test as the driver of an arm."""

    def __init__(self, spec, bundle, start):
        super().__init__(spec.path)
        self.world = LateArm(spec)
        self.world.reset(SimpleNamespace(q=start, opening=0.0, places={}))
        self.motion, self.moving = Trajectory.rest(start), False
        self.period = round(spec.control_period * 1e9)
        self.goals = self.node.create_publisher(PoseStamped, "/policy_node/goal", 10)
        self.clock = self.node.create_publisher(Clock, "/clock", 10)
        self.out = self.node.create_publisher(JointState, "/joint_states", 10)
        self.served, self.segments, self.told = {}, [], {}
        self.listen(DiagnosticStatus, "/safety_node/status", 1000, self._on_status)
        self.listen(JointTrajectory, TOPIC, 100, self.segments.append)
        self.seen = self.listen(Float64MultiArray, "/policy_node/observation")
        self.done = self.listen(Float64MultiArray, "/policy_node/action")
        self.commands = self.listen(JointState, COMMANDS)
        own = {"use_sim_time": True, "robot": str(spec.path)}
        self.start("safety_node", **own, **WATCHDOGS["safety_node"])
        # An episode of the environment goes on where its goal is reached.
        endless = {"settle_time": 60.0, "goal_timeout": 3600.0}
        self.forward = self.node.create_publisher(DiagnosticStatus, FORWARDED, 10)
        remaps = {"safety_node/status": FORWARDED}
        given = {**own, **endless, "bundle": str(bundle.path), "autostart": True}
        self.start("policy_node", remaps=remaps, **given)

    def _on_status(self, status):
        # From the same process as the states, so that it is heard before them.
        self.forward.publish(status)
        start = value_of(status, "start")
        if start:
            seconds, _, nanoseconds = start.partition(".")
            self.served[int(seconds) * 10**9 + int(nanoseconds)] = status

    def _segment(self, slot):
        """Return what was sent for a slot; it may begin with the period before."""
        for message in reversed(self.segments):
            gone = slot - nanoseconds_of(message.header.stamp)
            if 0 <= gone <= self.period:
                sent = trajectory_of(message, self.spec.joints)
                i = int(np.abs(sent.times - gone * 1e-9).argmin())
                times = np.round(sent.times[i:] - sent.times[i], 9)
                return Trajectory(times, sent.q[i:], sent.qd[i:])
        return None

    def tell_time(self, now):
        """Tell the time; what is asked for next finds the safety node at it."""
        self.told[self.clock] = Clock(clock=_stamp(now))
        self.clock.publish(self.told[self.clock])
        if self.served:
            self.call(GetParameters, "/safety_node/get_parameters")

    def tell_state(self, now):
        """Tell the state, once the policy node has heard how late the arm was last."""
        self.call(GetState, "/policy_node/get_state")
        state = self.world.states[-1]
        message = JointState(name=list(self.spec.joints))
        message.position, message.velocity = state.q.tolist(), state.qd.tolist()
        message.header.stamp = _stamp(now)
        self.told[self.out] = message
        self.out.publish(message)

    def remind(self):
        for publisher, message in self.told.items():
            publisher.publish(message)

    def send_goal(self, position):
        """Send a goal and wait until the policy node has it."""
        message = PoseStamped()
        message.header.frame_id = self.spec.base_link
        point = message.pose.position
        point.x, point.y, point.z = map(float, position)
        self.goals.publish(message)
        # What has arrived before a request is handled before the answer.
        self.call(GetState, "/policy_node/get_state")

    def warm_up(self):
        """Let time pass, with a goal where the arm is, until all are heard; return the time."""
        now, tip = [BEGIN], ArmModel(self.spec).forward(self.world.states[0].q)[:3, 3]

        def all_heard():
            last = self.served[max(self.served)] if self.served else None
            answers = self.seen and self.done and self.commands
            return answers and last and last.message == "OK" and not value_of(last, "reason")

        def step():
            self.tell_time(now[0])
            self.tell_state(now[0])
            if self.goals.get_subscription_count():
                self.send_goal(tip)
            self.spin(0.05)
            now[0] += self.period // 8

        self.wait(all_heard, step)
        # A goal that comes after a silence begins anew; a state just before it is not stale yet.
        now[0] += 2 * STREAM_PERIODS * self.period * self.spec.policy_every
        self.tell_time(now[0])
        del self.done[:], self.commands[:]
        self.tell_state(now[0])
        self.wait(self._decided(1))
        self.call(GetParameters, "/safety_node/get_parameters")
        del self.seen[:], self.done[:], self.commands[:]
        return self.begin_anew(self.rest(now[0]))

    def begin_anew(self, now):
        """Let the filter forget how late the arm was, as it does at a reset of the environment."""
        for request in ("stop", "resume"):
            assert self.call(Trigger, f"/safety_node/{request}").success
            now += self.period
            self.tell_time(now)
            self.tell_state(now)
        return now + self.period

    def rest(self, now):
        """Let time pass until nothing goes on of what was asked for; return the time."""
        assert self.call(Trigger, "/policy_node/cancel").success
        for _ in range((COMMAND_PERIODS + 1) * self.spec.policy_every):
            now += self.period
            self.tell_time(now)
            self.tell_state(now)
        assert not self.commands
        return now

    def run(self, goals):
        """Play an episode."""
        now = self.warm_up()
        for number in range(DECISIONS * self.spec.policy_every):
            decision, rest = divmod(number, self.spec.policy_every)
            self.tell_time(now)
            if rest == 0 and (not decision or (goals[decision] != goals[decision - 1]).any()):
                self.send_goal(goals[decision])
            self.tell_state(now)
            if rest == 0:
                self.wait(self._decided(decision + 1))
            self._serve(now, held=rest > 0)
            now += self.period

    def _decided(self, count):
        return lambda: min(len(self.done), len(self.commands)) >= count

    def _serve(self, now, held):
        """Wait until the slot is served, by a held command where none is new; follow it."""
        slot = now + self.period // LEAD
        if held or not self._soon(lambda: slot in self.served):
            self.tell_time(now + HELD * self.period // SLICES)
        # An arm that rests and is to rest is told nothing.
        told = self.moving or np.abs(self.commands[-1].velocity).max() > REST
        self.wait(lambda: slot in self.served and (self._segment(slot) or not told))
        if told:
            self.motion = self._segment(slot)
            self.moving = self.motion.qd.any()
            self.segments.clear()
        self.world.step(self.motion, self.spec.control_period)

    def _soon(self, predicate):
        """Say whether something is so within a moment; not where a command outran the time."""
        for _ in range(100):
            if predicate():
                return True
            self.hear()
        return False

    def close(self):
        super().close()


def _stamp(now):
    return Time(sec=now // 10**9, nanosec=now % 10**9)


@pytest.mark.parametrize(
    ("every", "task", "scales"),
    [
        (1, "reach", {}),
        (2, "reach", {}),
        (3, "reach", {}),
        (3, "reach", SCALES),
        (1, "reach", SCALES),
        (1, "track_trajectory", {}),
        (2, "track_trajectory", {}),
        (2, "track_trajectory", SCALES),
        (2, "reach", REPEAT),
        (1, "track_trajectory", REPEAT),
    ],
    ids=lambda value: NAMES.get(str(value), str(value or "scales")),
)
def test_the_deployed_nodes_do_what_the_environment_does_bit_for_bit(
    tmp_path, every, task, scales
):
    spec = RobotSpec.load(robot_yaml(tmp_path, policy_every=every))
    bundle = scripted_bundle(
        tmp_path / "bundle", spec.path, policy_every=every, observed=SEEN, **scales
    )
    expected = trained(bundle, spec, task)
    deployed = Deployed(spec, bundle, expected.start)
    try:
        deployed.run(expected.goals)
        seen = [np.concatenate([*parts_of(each)[1].values()]) for each in deployed.seen]
        done = [parts_of(each)[1]["action"] for each in deployed.done]
        np.testing.assert_array_equal(seen[:DECISIONS], expected.seen)
        np.testing.assert_array_equal(done[:DECISIONS], expected.done)
        for measured, trained_state in zip(deployed.world.states, expected.states, strict=True):
            np.testing.assert_array_equal(measured.q, trained_state.q)
            np.testing.assert_array_equal(measured.qd, trained_state.qd)
        moved = np.abs(expected.states[-1].q - expected.start).max()
        lag = max(np.abs(np.diff([state.qd for state in expected.states], axis=0)).max(axis=1))
        assert moved > 0.05 and lag > 0.0 and expected.delay == spec.control_period
    finally:
        deployed.close()
