"""Real nodes as processes over real DDS, in a ROS domain of their own, and a probe beside them."""

import itertools
import os
import tempfile
import time

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState

from helpers.processes import environment
from robot_learning.cli.session import start, stop
from robot_learning.robot import RobotSpec

_numbers = itertools.count(os.getpid())
TOPIC = "/joint_trajectory_controller/joint_trajectory"
LATCHED = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


def push(spec, joint=0, speed=0.5):
    qd = np.zeros(spec.n)
    qd[joint] = speed
    return qd


class Graph:
    """Starts and kills nodes; listens to what they say."""

    def __init__(self, robot="arm6"):
        self.spec = RobotSpec.load(robot)
        domain = 1 + next(_numbers) % 100
        self.env = environment(ROS_DOMAIN_ID=str(domain))
        self.processes = {}
        self.log = tempfile.TemporaryFile("w+", encoding="utf-8")
        self.context = Context()
        rclpy.init(context=self.context, domain_id=domain)
        self.node = Node("probe", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.states = []
        self.node.create_subscription(JointState, "/joint_states", self.states.append, 100)

    def start(self, name, key=None, namespace="", **parameters):
        process = start(name, parameters, self.env, self.log, namespace=namespace)
        self.processes[key or name] = process
        return process

    def listen(self, kind, topic, qos=100):
        heard = []
        self.node.create_subscription(kind, topic, heard.append, qos)
        return heard

    def spin(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.01)

    def until(self, predicate, timeout=15.0):
        """Spin until ``predicate()`` holds; its value is returned."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            value = predicate()
            if value:
                return value
            self.executor.spin_once(timeout_sec=0.01)
            for name, process in self.processes.items():
                if process.poll() not in (None, 0, -9):
                    raise AssertionError(f"{name} ended with {process.poll()}:\n{self.words()}")
        raise AssertionError(f"nothing for {timeout} s; the nodes said:\n{self.words()}")

    def words(self):
        self.log.seek(0)
        return self.log.read()[-3000:]

    def call(self, kind, name, request=None):
        client = self.node.create_client(kind, name)
        self.until(client.service_is_ready)
        futures = []

        def answered():
            # Where the server has not found the way back yet, its answer is lost.
            if not futures or (len(futures) < 3 and time.monotonic() > asked + 4.0 * len(futures)):
                futures.append(client.call_async(request or kind.Request()))
            return next((future for future in futures if future.done()), None)

        asked = time.monotonic()
        future = self.until(answered)
        self.node.destroy_client(client)
        return future.result()

    def q(self):
        """Return the last measured positions, in the robot's order."""
        last = self.states[-1]
        return np.array([last.position[last.name.index(joint)] for joint in self.spec.joints])

    def speed(self):
        return float(np.abs(self.states[-1].velocity).max())

    def wait_at_rest(self, timeout=5.0):
        self.spin(0.1)
        self.until(lambda: self.speed() < 2e-3, timeout)

    def assert_limits_kept(self):
        spec = self.spec
        for state in self.states:
            index = [state.name.index(joint) for joint in spec.joints]
            q, qd = np.array(state.position)[index], np.array(state.velocity)[index]
            assert (q >= spec.lower).all() and (q <= spec.upper).all(), q
            assert (np.abs(qd) <= spec.velocity).all(), qd

    def goal(self, position, frame=None):
        message = PoseStamped()
        message.header.frame_id = self.spec.base_link if frame is None else frame
        point = message.pose.position
        point.x, point.y, point.z = map(float, position)
        publisher = self.publisher(PoseStamped, "/policy_node/goal")
        publisher.publish(message)

    def publisher(self, kind, topic):
        """Return a publisher that somebody listens to."""
        key = (kind, topic)
        made = self.__dict__.setdefault("_publishers", {})
        if key not in made:
            made[key] = self.node.create_publisher(kind, topic, 10)
            self.until(lambda: made[key].get_subscription_count() > 0)
            self.spin(0.2)
        return made[key]

    def send_velocity(self, qd, topic="/policy_node/command", **fields):
        message = JointState(name=list(self.spec.joints), velocity=np.asarray(qd).tolist())
        message.header.stamp = self.node.get_clock().now().to_msg()
        for key, value in fields.items():
            setattr(message, key, value)
        self.publisher(JointState, topic).publish(message)

    def drive(self, qd, seconds, **fields):
        """Command a velocity 25 times a second."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.send_velocity(qd, **fields)
            self.spin(0.04)

    def policy_status(self):
        if not hasattr(self, "_policy_status"):
            self._policy_status = self.listen(DiagnosticStatus, "/policy_node/status", LATCHED)
        return [status.message for status in self._policy_status]

    def close(self):
        stop(self.processes.values())
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)
        self.log.close()


def value_of(status, key):
    """Return a value of a diagnostic status."""
    return next(item.value for item in status.values if item.key == key)
