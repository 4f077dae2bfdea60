"""An arm that follows its controller exactly, and the clock that it lives on."""

import copy

import numpy as np
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.trajectory import Trajectory
from robot_learning.nodes.messages import trajectory_of
from robot_learning.worlds.controllers import TrajectoryController

START = 100  # s, the first time on the clock
STATES = 4  # joint states a control period


class Driver:
    """Publishes ``/clock`` and ``/joint_states``; stands in for a robot's driver.

    Attributes:
        now: ns on the clock.
        states: the messages sent.
        silent: whether no joint states are sent.
        follows: whether what the controller is told moves the arm.
        spoil: changes a message before it leaves; returns what is sent in its place.
    """

    def __init__(self, node, spec, topic=None, streamed=False, heard_on=None, rate=None):
        self.spec = spec
        self.now = START * 10**9
        self.step = round(1e9 / (rate or STATES / spec.control_period))
        self.states = []
        self.forget_faults()
        self._told, self._last = [], None
        self._clock = node.create_publisher(Clock, "/clock", 10)
        self._out = node.create_publisher(JointState, heard_on or "/joint_states", 50)
        self._controller, self._streamed = TrajectoryController(spec.home), streamed
        if streamed:
            kind, heard = Float64MultiArray, self._on_positions
        else:
            kind, heard = JointTrajectory, self._on_trajectory
        node.create_subscription(kind, topic or spec.controller_topic, heard, 100)
        self.measure()

    def forget_faults(self):
        self.silent, self.follows, self.spoil = False, True, lambda message: message

    @property
    def seconds(self):
        return self.now * 1e-9

    def rest_at(self, q):
        """Put the arm at rest at ``q`` (n,), whatever it did."""
        self._controller.reset(np.array(q))
        self.measure()

    def advance(self):
        """Let one step of time pass and tell of it."""
        self.now += self.step
        self.measure()
        self.tell()

    def tell(self):
        """Publish the time and the state."""
        clock = Clock()
        clock.clock.sec, clock.clock.nanosec = divmod(self.now, 10**9)
        self._told = []
        if not self.silent:
            message = JointState(name=list(self.spec.joints))
            message.header.stamp = clock.clock
            message.position, message.velocity = self.q.tolist(), self.qd.tolist()
            self.states.append(message)
            message = self.spoil(copy.deepcopy(message))
            self._told = message if isinstance(message, list) else [message]
        self._last = clock
        self.remind()

    def remind(self):
        """Publish once more what was told last, if anything was."""
        if self._last is not None:
            self._clock.publish(self._last)
        for each in self._told:
            self._out.publish(each)

    def measure(self):
        q, qd = self._controller.sample(self.seconds)
        if self._streamed and hasattr(self, "q"):
            qd = (q - self.q) / (self.step * 1e-9)
        self.q, self.qd = np.array(q), np.array(qd)

    def _on_trajectory(self, message):
        if self.follows:
            stamp = message.header.stamp
            start = stamp.sec + stamp.nanosec * 1e-9
            trajectory = trajectory_of(message, self.spec.joints)
            self._controller.accept(trajectory, start, self.seconds)

    def _on_positions(self, message):
        if self.follows:
            positions = Trajectory.rest(np.array(message.data))
            self._controller.accept(positions, self.seconds, self.seconds)
