"""Real nodes as processes over real DDS, in a ROS domain of their own, and a probe beside them.

The test owns the clock: time passes in steps of :class:`Driver`, and no step is taken before the
nodes have done what the last one asked of them. A busy machine makes a test slow, never wrong.
Only what does not come in ``PATIENCE`` looks and ``SECONDS`` fails it, however fast the machine.
"""

import itertools
import os
import tempfile
import time

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger
from visualization_msgs.msg import Marker, MarkerArray

from helpers.driver import Driver
from helpers.processes import claim_domain, end, environment, start_node
from robot_learning.robot import RobotSpec

TOPIC = "/joint_trajectory_controller/joint_trajectory"
COMMANDS = "/policy_node/command"
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PATIENCE = 15_000
SECONDS = 100.0  # DDS takes 20 of them to miss a process that was killed
LOOKS = 200  # after which what a busy machine may have lost is sent again
WATCHDOGS = {"safety_node": {"clock_timeout": 60.0}}
READY = "ready: commands pass"  # what a safety node says once a start
ENDED_WELL = (None, 0, -9)


def push(spec, joint=0, speed=0.5):
    qd = np.zeros(spec.n)
    qd[joint] = speed
    return qd


def value_of(status, key):
    """Return a value of a diagnostic status."""
    return next(item.value for item in status.values if item.key == key)


class Probe:
    """Starts and ends nodes; hears, calls and waits by the wall clock."""

    def __init__(self, robot="arm6"):
        self.spec = RobotSpec.load(robot)
        domain, self._claim = claim_domain()
        self.env = environment(ROS_DOMAIN_ID=str(domain))
        self.processes = {}
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = Node("probe", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self._publishers, self._clients = {}, {}
        self._subscriptions = []

    def start(self, name, key=None, namespace="", remaps=None, **parameters):
        process = start_node(name, parameters, self.env, self.log, namespace, remaps)
        self.processes[key or name] = process
        return process

    def alive(self, name):
        process = self.processes.get(name)
        return process is not None and process.poll() is None

    def kill(self, name):
        """End a node as a crash does."""
        self.processes[name].kill()
        self.processes[name].wait()

    def ends(self, process, step=lambda: time.sleep(0.01)):
        """Do ``step`` until a process ends; return its exit code."""
        for _ in range(PATIENCE):
            if process.poll() is not None:
                return process.returncode
            step()
        raise AssertionError(f"it does not end; the nodes said:\n{self.words()[-4000:]}")

    def listen(self, kind, topic, qos=100, heard=None):
        """Return the list that messages will be in; or call ``heard`` with each."""
        messages = []
        made = self.node.create_subscription(kind, topic, heard or messages.append, qos)
        self._subscriptions.append(made)
        return messages

    def publisher(self, kind, topic):
        """Return a publisher that somebody else listens to."""
        if (kind, topic) not in self._publishers:
            self._publishers[kind, topic] = self.node.create_publisher(kind, topic, 10)
        made = self._publishers[kind, topic]
        own = sum(one.topic_name == made.topic_name for one in self.node.subscriptions)
        self.wait(lambda: made.get_subscription_count() > own)
        return made

    def drop(self, kind, topic):
        """Stop being a publisher."""
        if (kind, topic) in self._publishers:
            self.node.destroy_publisher(self._publishers.pop((kind, topic)))
        self.wait(lambda: not self.node.count_publishers(topic))

    def hear(self):
        """Take one message, or wait 10 ms for none."""
        self.executor.spin_once(timeout_sec=0.01)

    def spin(self, seconds):
        """Let the wall clock pass."""
        done = time.monotonic() + seconds
        while time.monotonic() < done:
            self.hear()

    def wait(self, predicate, step=None):
        """Do ``step`` until ``predicate()`` holds; its value is returned."""
        began, look = time.monotonic(), 0
        while look < PATIENCE or time.monotonic() - began < SECONDS:
            look += 1
            value = predicate()
            if value:
                return value
            (step or self.hear)()
            if step is None and look % LOOKS == 0:
                self.remind()
            for name, process in self.processes.items():
                if process.poll() not in ENDED_WELL:
                    raise AssertionError(
                        f"{name} ended with {process.poll()}:\n{self.words()[-4000:]}"
                    )
        raise AssertionError(f"nothing in {look} looks; the nodes said:\n{self.words()[-4000:]}")

    def remind(self):
        """Tell the time and the state once more: what is sent best-effort may get lost."""

    def words(self):
        """Return all that the nodes have printed."""
        self.log.seek(0)
        return self.log.read()

    def call(self, kind, name, request=None):
        """Return a service's answer. A simulated clock stands still meanwhile."""
        if name not in self._clients:
            self._clients[name] = self.node.create_client(kind, name)
        client = self._clients[name]
        self.wait(client.service_is_ready)
        futures = []

        def answered():
            # Where the server has not found the way back yet, its answer is lost.
            if time.monotonic() >= asked + 3 * len(futures):
                futures.append(client.call_async(request or kind.Request()))
            return next((future for future in futures if future.done()), None)

        asked = time.monotonic()
        return self.wait(answered).result()

    def set_parameter(self, node, name, value):
        """Set a number or a text and return how that went."""
        kind = ParameterType.PARAMETER_STRING
        if isinstance(value, float):
            told = ParameterValue(type=ParameterType.PARAMETER_DOUBLE, double_value=value)
        elif isinstance(value, int):
            told = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=value)
        else:
            told = ParameterValue(type=kind, string_value=str(value))
        request = SetParameters.Request(parameters=[Parameter(name=name, value=told)])
        return self.call(SetParameters, f"{node}/set_parameters", request).results[0]

    def change(self, transition):
        """Ask the policy node for a transition and say whether it was made."""
        request = ChangeState.Request(transition=Transition(id=transition))
        return self.call(ChangeState, "/policy_node/change_state", request).success

    def lifecycle(self):
        return self.call(GetState, "/policy_node/get_state").current_state.id

    def forget(self):
        """Stop listening to what a test listened to."""
        for subscription in self._subscriptions:
            self.node.destroy_subscription(subscription)
        self._subscriptions.clear()

    def close(self):
        end(self.processes.values())
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        self.log.close()
        self._claim.close()


class Graph(Probe):
    """A probe that plays the arm's driver and owns the clock."""

    def __init__(self, robot="arm6", streamed=False, topic=None, **driver):
        super().__init__(robot)
        usual = "/forward_position_controller/commands" if streamed else f"/{_topic(self.spec)}"
        self.driver = Driver(self.node, self.spec, topic or usual, streamed, **driver)
        self.status = []
        self.policy_said = []
        self.commands = []
        self.node.create_subscription(DiagnosticStatus, "/safety_node/status", self._served, 1000)
        self.node.create_subscription(
            DiagnosticStatus, "/policy_node/status", self.policy_said.append, LATCHED
        )
        self.listener = self.node.create_subscription(
            JointState, COMMANDS, self.commands.append, 100
        )
        self.follow_policy = False
        self._slot = None

    def start(self, name, key=None, namespace="", remaps=None, **parameters):
        given = {"use_sim_time": True, **WATCHDOGS.get(name, {}), **parameters}
        return super().start(name, key, namespace, remaps, **given)

    def start_safety(self, **parameters):
        """Start the safety node and wait until it lets commands pass."""
        before = self.words().count(READY)
        self.start("safety_node", robot=str(self.spec.path), **parameters)
        self.until(lambda: self.words().count(READY) > before)
        self._slot = None
        self.until(lambda: self._slot is not None)

    def step(self):
        """Let a step of time pass once the nodes are done with the last one."""
        self.driver.advance()
        for _ in range(3):
            self.executor.spin_once(timeout_sec=0.0)
        if self._slot is None and not self.follow_policy:
            self.executor.spin_once(timeout_sec=0.01)
        self.wait(self._caught_up)

    def remind(self):
        self.driver.remind()

    def _caught_up(self):
        now, period = self.driver.now, round(self.spec.control_period * 1e9)
        if self._slot is not None and self.alive("safety_node"):
            if now >= self._slot + period - period // 8:
                return False
        follows = self.follow_policy and self.alive("policy_node") and self.commands
        follows = follows and not self._ended()
        if follows and not self.driver.silent:
            last = self.commands[-1].header.stamp
            decided = last.sec * 10**9 + last.nanosec
            if now - decided >= 0.98e9 * self.spec.policy_period:
                return False
        return True

    def _ended(self):
        """Say whether the policy's goal has ended; it decides no more then."""
        said = self.policy_said[-1].values if self.policy_said else []
        return any(item.key == "outcome" and item.value for item in said)

    def _served(self, status):
        self.status.append(status)
        start = value_of(status, "start")
        self._slot = _nanoseconds(start) if start else None

    def set_clock(self, seconds):
        """Let the clock jump."""
        self.driver.now = round(seconds * 1e9)
        self._slot = None

    def run(self, seconds):
        """Let simulated time pass."""
        done = self.driver.seconds + seconds
        while self.driver.seconds < done - 1e-9:
            self.step()

    def until(self, predicate, within=None):
        """Let time pass until ``predicate()`` holds, within so many simulated s."""
        over = None if within is None else self.driver.seconds + within

        def step():
            late = over is not None and self.driver.seconds > over
            assert not late, f"not within {within} s; the nodes said:\n{self.words()[-4000:]}"
            self.step()

        return self.wait(predicate, step)

    def q(self):
        return self.driver.q

    def speed(self):
        return float(np.abs(self.driver.qd).max())

    def wait_at_rest(self, within=5.0):
        self.run(0.1)
        self.until(lambda: self.speed() < 2e-3, within)

    def assert_limits_kept(self):
        spec = self.spec
        for state in self.driver.states:
            q, qd = np.array(state.position), np.array(state.velocity)
            assert (q >= spec.lower).all() and (q <= spec.upper).all(), q
            assert (np.abs(qd) <= spec.velocity).all(), qd

    def said(self, key):
        """Return what the safety node's statuses said of ``key``."""
        return [value_of(status, key) for status in self.status]

    def latched(self):
        return value_of(self.status[-1], "latched")

    def send_velocity(self, qd, topic=COMMANDS, **fields):
        message = JointState(name=list(self.spec.joints), velocity=np.asarray(qd).tolist())
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(self.driver.now, 10**9)
        for key, value in fields.items():
            setattr(message, key, value)
        self.publisher(JointState, topic).publish(message)

    def drive(self, qd, seconds, **fields):
        """Command a velocity once a control period."""
        for _ in range(round(seconds / self.spec.control_period)):
            self.send_velocity(qd, **fields)
            self.run(self.spec.control_period)

    def goal(self, position, frame=None):
        """Send a goal."""
        message = PoseStamped()
        message.header.frame_id = self.spec.base_link if frame is None else frame
        point = message.pose.position
        point.x, point.y, point.z = map(float, position)
        self.publisher(PoseStamped, "/policy_node/goal").publish(message)

    def pursue(self, position, frame=None):
        """Send a goal and return once the policy's commands are served.

        From then on time waits for its decisions.
        """
        self.follow_policy = False
        del self.policy_said[:], self.commands[:]
        asked = -np.inf

        def step():
            # A node that has just begun to listen may not hear the first one.
            nonlocal asked
            if self.driver.seconds - asked > 2.0:
                asked = self.driver.seconds
                self.goal(position, frame)
            self.step()

        self.wait(lambda: self.commands, step)
        self.follow_policy = True
        self.until(lambda: "no_command" not in value_of(self.status[-1], "causes"))

    def work(self, goals, predicate):
        """Let the policy go from goal to goal until ``predicate()`` holds.

        Nodes find each other when they find each other; one goal may be over by then.
        """
        goals, asked = itertools.cycle(goals), -np.inf

        def step():
            nonlocal asked
            if self._ended() and self.driver.seconds - asked > 2.0:
                asked = self.driver.seconds
                self.goal(next(goals))
            self.step()

        self.pursue(next(goals))
        self.wait(predicate, step)

    def policy_status(self):
        return [status.message for status in self.policy_said]

    def unconfigure(self):
        """Bring the policy node back to where it has no bundle; start one where none lives."""
        if not self.alive("policy_node"):
            self.start("policy_node")
        ways = {
            State.PRIMARY_STATE_ACTIVE: Transition.TRANSITION_DEACTIVATE,
            State.PRIMARY_STATE_INACTIVE: Transition.TRANSITION_CLEANUP,
        }
        while (state := self.lifecycle()) in ways:
            assert self.change(ways[state]), state
        if state == State.PRIMARY_STATE_FINALIZED:
            self.kill("policy_node")
            self.unconfigure()

    def activate(self, bundle, robot=""):
        """Let a policy of a bundle work."""
        self.unconfigure()
        for name, value in (("bundle", bundle), ("robot", robot)):
            result = self.set_parameter("/policy_node", name, value)
            assert result.successful, result.reason
        assert self.change(Transition.TRANSITION_CONFIGURE), self.policy_said[-1]
        assert self.change(Transition.TRANSITION_ACTIVATE)
        del self.policy_said[:]

    def reset(self):
        """Put the arm at rest at home and let commands pass, whatever a test did."""
        self.forget()
        self.follow_policy = False
        self.driver.forget_faults()
        self.driver.follows = False
        self.driver.rest_at(self.spec.home)
        if not self.alive("safety_node"):
            self.start_safety()
        clear = MarkerArray(markers=[Marker(action=Marker.DELETEALL)])
        self.publisher(MarkerArray, "/safety_node/scene").publish(clear)
        self.call(SetBool, "/safety_node/reduced_speed", SetBool.Request(data=False))
        self.call(Trigger, "/safety_node/stop")
        self.until(self._resumed)
        self.driver.follows = True
        del self.status[:], self.driver.states[:], self.commands[:]
        self.until(lambda: self.status)

    def _resumed(self):
        """Say whether commands pass again, and go on doing so."""
        self.run(0.1)
        answered = self.call(Trigger, "/safety_node/resume").success
        self.run(0.1)
        return answered and not self.latched()


def _topic(spec):
    return spec.controller_topic.lstrip("/")


def _nanoseconds(stamp):
    seconds, _, nanoseconds = stamp.partition(".")
    return int(seconds) * 10**9 + int(nanoseconds)
