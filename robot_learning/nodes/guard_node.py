"""Brings an arm to rest whose controller has no time-out, when who streams to it falls silent."""

import sys
import time

import numpy as np
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import ConfigError, StateError
from robot_learning.base.periods import CLOCK_PERIODS
from robot_learning.base.trajectory import Trajectory
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import ClockWatch, NodeTime
from robot_learning.nodes.diagnostics import EACH
from robot_learning.nodes.run import run, set_realtime
from robot_learning.nodes.stream import ALIVE, MOTION, Stream
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import STREAMING, VELOCITIES

SILENT = 4  # messages of the stream that may be missing
SAME = 1e-9  # rad, m, or per s


class GuardNode(Node):
    """Knows the motion that is certified, and goes on with it to its end, which is at rest.

    It streams only while nobody else does: from when the stream falls silent until the arm rests
    or the next motion is certified.
    """

    def __init__(self) -> None:
        super().__init__("guard_node")
        self.spec = RobotSpec.load(
            parameters.text(self, "robot", "arm6", "robot name or YAML file")
        )
        kind, topic = parameters.controller(self, self.spec)
        if kind not in STREAMING:
            raise ConfigError(
                f"guard_node: controller_type '{kind}' comes to rest by itself; a guard is for "
                f"{', '.join(STREAMING)}"
            )
        self._time = NodeTime(self)
        self._clock_watch = ClockWatch(self._time)
        self._motion: tuple[Trajectory, float] | None = None
        self._takes_over, self._heard = False, time.monotonic()
        self._last: np.ndarray | None = None  # that was streamed
        self._velocities = kind == VELOCITIES
        Trajectory.rest(self.spec.home).sample(0.0)  # Compiled now, not when the arm waits for it.
        self._stream = Stream(self, self.spec, self._time, kind, topic)
        every = parameters.stream_period(self, self.spec)
        self._silence = SILENT * every
        self._heard_of = [
            self.create_subscription(JointTrajectory, MOTION, self._on_motion, 10),
            self.create_subscription(Float64MultiArray, topic, self._on_stream, 10),
        ]
        self._alive = self.create_publisher(String, ALIVE, 1)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(every, self._watch, clock=steady)
        self.create_timer(self.spec.control_period, self._tell, clock=steady)
        self.get_logger().info(f"guards {self._stream.publisher.topic_name}")
        set_realtime(True)

    def _tell(self) -> None:
        """Tell that it is alive, once it hears who streams and the controller hears it."""
        motions, stream = (each.get_publisher_count() for each in self._heard_of)
        # It streams itself, and hears that.
        if motions and stream > 1 and self._stream.publisher.get_subscription_count() > 1:
            self._alive.publish(String(data=self._stream.publisher.topic_name))

    def _on_stream(self, message: Float64MultiArray) -> None:
        if not self._takes_over:
            self._last, self._heard = np.array(message.data), time.monotonic()

    def _on_motion(self, message: JointTrajectory) -> None:
        try:
            motion = messages.trajectory_of(message, self.spec.joints)
        except StateError as error:
            self.get_logger().error(f"motion: {error}", throttle_duration_sec=EACH)
            return
        self._motion = motion, self._time.seconds(message.header.stamp)
        self._takes_over, self._heard = False, time.monotonic()

    def _watch(self) -> None:
        self._clock_watch.went_back()
        if self._motion is None or time.monotonic() - self._heard < self._silence:
            return
        motion, start = self._motion
        begins = not self._takes_over and self._moves(motion)
        if begins:
            self._takes_over = True
            self._stream.wake()
        if self._takes_over:
            q, qd = motion.sample(self._time.now() - start)
            stalled = self._clock_watch.stands_still(CLOCK_PERIODS * self.spec.control_period)
            self._stream.send(q, np.zeros_like(qd) if stalled else qd)
        if begins:
            self.get_logger().warning("the stream fell silent: the arm is brought to rest")

    def _moves(self, motion: Trajectory) -> bool:
        """Say whether what was streamed last is not the rest that the motion ends at."""
        if self._last is None or self._last.shape != motion.q[-1].shape:
            return False
        rest = np.zeros_like(self._last) if self._velocities else motion.q[-1]
        return bool(np.abs(self._last - rest).max() > SAME)


def main(args: list[str] | None = None) -> int:
    """Entry point of ``guard_node``."""
    return run(GuardNode, args)


if __name__ == "__main__":
    sys.exit(main())
