"""What leaves the safety node: motions for the arm's controller, openings for the gripper's."""

import math
from time import monotonic
from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.periods import STATE_PERIODS
from robot_learning.base.trajectory import Trajectory
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.controller import ControllerWatch
from robot_learning.nodes.stream import ALIVE, MOTION, Stream
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import STREAMING, VELOCITIES

Array = NDArray[np.float64]
# Share of a period by which a segment is sent ahead of its start, so that jitter adds no jump.
LEAD = 0.25
MIN_LEAD = 0.05
APART = 1e-6  # rad, m, or per s; a motion that begins farther from the last one does not follow it


class Outlet:
    """Publishes to the controller of an arm.

    Declares the parameters that say which one.

    Args:
        node: who publishes.
        spec: the robot.
        time: the node's.

    Attributes:
        stream: of positions or velocities, where that is what the controller takes; else None.
        topic: that the controller listens to.
        ignored: what to say where the arm does not follow.
    """

    def __init__(self, node: Any, spec: RobotSpec, time: NodeTime) -> None:
        self._node, self._spec, self._time = node, spec, time
        self._last: tuple[Trajectory, float] | None = None  # motion, and when it began, s
        self._kind, topic = own = parameters.controller(node, spec)
        self.stream: Stream | None = None
        if self._kind in STREAMING:
            self.stream = Stream(node, spec, time, self._kind, topic)
            self._controller = self.stream.publisher
            self._motions = node.create_publisher(JointTrajectory, MOTION, 10)
            self._guarded = -math.inf  # steady time at which the guard was heard of last, s
            node.create_subscription(String, ALIVE, self._on_guard, 1)
        else:
            self._controller = node.create_publisher(JointTrajectory, topic, 10)
            self._motions = self._controller
        self.topic = self._controller.topic_name
        self.ignored = (
            f"the arm does not follow {self.topic}: is its controller active, and does it accept "
            "what it is sent? See ros2 control list_controllers, and its log"
        )
        self._hand = Hand(node, spec, own) if spec.gripper else None
        shared = self._hand is not None and self._hand.shared
        joints = (*spec.joints, *(spec.gripper.joints if shared and spec.gripper else ()))
        self._watch = ControllerWatch(node, self.topic, self._kind, joints)

    def _on_guard(self, message: String) -> None:
        if message.data == self.topic:
            self._guarded = monotonic()

    def _is_guarded(self) -> bool:
        """Say whether a guard lives, and hears both the motions and the stream."""
        alive = monotonic() - self._guarded <= STATE_PERIODS * self._spec.control_period
        heard = self._motions.get_subscription_count() and (
            self._controller.get_subscription_count() > 1  # by it and the controller
        )
        return bool(alive and heard)

    def unfit(self) -> str:
        """Say why nothing may be sent; empty for no reason.

        The controller would move other joints, or nothing would stop it if this process died.
        """
        if self._kind == VELOCITIES and not self._is_guarded():
            return (
                f"no guard_node of {self.topic} is alive: a {VELOCITIES} has no time-out, so "
                "start one with the same robot and controller parameters"
            )
        return self._watch.other_joints() if self.stream is not None else ""

    def send(self, motion: Trajectory, opening: float | None, start: float, moving: bool) -> None:
        """Send what the filter let through for a control period.

        Args:
            motion: segment of this period and the ramp to rest behind it.
            opening: where the gripper is sent; None where nobody asks.
            start: of the motion, s of the node's time.
            moving: whether the arm moves or has just come to rest.
        """
        fingers = self._hand is not None and self._hand.send(opening, self._time.stamp(start))
        horizon, begun = self._horizon(motion, start)
        self._last = motion, start
        if moving or fingers:
            stamp = self._time.stamp(begun)
            message = messages.trajectory_message(horizon, self._spec.joints, stamp)
            if self._hand is not None and self._hand.shared:
                self._hand.join(message, len(horizon.times) - len(motion.times))
            self._motions.publish(message)

    def _horizon(self, motion: Trajectory, start: float) -> tuple[Trajectory, float]:
        """Return a motion behind the period before it, and when that began, s.

        joint_trajectory_controller interpolates to a first point in the future from where the
        arm is measured, as far as it lags a jump back. On a message that has begun already it
        goes on without one.
        """
        if self._last is None:
            return motion, start
        before, begun = self._last
        there = np.abs(np.subtract(before.sample(start - begun), (motion.q[0], motion.qd[0])))
        if start < begun or there.max() > APART:
            return motion, start
        gone = max(start - self._spec.control_period - begun, 0.0)
        since = begun + gone
        return motion.behind(before.tail(gone), start - since), since

    def problem(self) -> str:
        """Say what is wrong with the controllers, or that nobody guards; empty for nothing."""
        hand = "" if self._hand is None else self._hand.problem()
        return self._watch.problem() or self.unfit() or hand

    def others(self) -> list[str]:
        """Name the other nodes that may send to the controller."""
        found = self._node.get_publishers_info_by_topic(self.topic)
        names = [info.node_name for info in found if info.node_name != "guard_node"]
        if self._node.get_name() in names:
            names.remove(self._node.get_name())
        return names


class Hand:
    """Publishes to the controller of a gripper, which may be the arm's.

    Args:
        node: who publishes.
        spec: a robot with a gripper.
        arm: type and topic of the arm's controller.

    Attributes:
        shared: whether its joints are joints of the arm's controller.
    """

    def __init__(self, node: Any, spec: RobotSpec, arm: tuple[str, str]) -> None:
        assert spec.gripper is not None
        self._gripper, self._period = spec.gripper, spec.control_period
        kind, topic = own = parameters.gripper_controller(node, spec, spec.gripper, arm)
        self.shared = own == arm
        self._streams = kind in STREAMING
        form = Float64MultiArray if self._streams else JointTrajectory
        self._out = None if self.shared else node.create_publisher(form, topic, 10)
        self._sent: float | None = None
        self._before: tuple[float | None, float | None] = None, None  # newest first
        self._heard_by = 0

    def send(self, opening: float | None, start: Time) -> bool:
        """Send the opening where it is another one or a controller has come; say whether it is."""
        if opening is None:
            return False
        heard_by = 0 if self._out is None else self._out.get_subscription_count()
        changed = opening != self._sent
        self._before, self._sent = (self._sent, self._before[0]), opening
        if self._out is not None and (changed or heard_by > self._heard_by):
            self._out.publish(self._message(start))
        self._heard_by = heard_by
        return changed and self.shared

    def _message(self, start: Time) -> JointTrajectory | Float64MultiArray:
        assert self._sent is not None
        positions = self._gripper.positions(self._sent)
        if self._streams:
            return Float64MultiArray(data=positions.tolist())
        motion = Trajectory(
            np.array([self._period]), positions[None], np.zeros((1, len(positions)))
        )
        return messages.trajectory_message(motion, self._gripper.joints, start)

    def join(self, message: JointTrajectory, first: int) -> None:
        """Add the gripper's joints to a trajectory of the arm.

        Args:
            message: the trajectory.
            first: its point at which the motion sent now begins.
        """
        if self._sent is None:
            return
        message.joint_names = [*message.joint_names, *self._gripper.joints]
        now, before = self._sent, self._before
        at_start = now if before[0] is None else before[0]
        earlier = at_start if before[1] is None else before[1]
        last = len(message.points) - 1
        for number, point in enumerate(message.points):
            after = now if number > first or number == last else at_start
            fingers = self._gripper.positions(earlier if number < first else after).tolist()
            point.positions = [*point.positions, *fingers]
            point.velocities = [*point.velocities, *([0.0] * len(fingers))]

    def problem(self) -> str:
        """Name the gripper's controller where it is needed and nobody runs it."""
        if self._sent is None or self._out is None or self._out.get_subscription_count():
            return ""
        return f"no gripper controller listens to {self._out.topic_name}"
