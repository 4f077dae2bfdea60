"""What leaves the safety node: motions for the arm's controller, openings for the gripper's."""

from typing import Any

import numpy as np
from builtin_interfaces.msg import Time
from numpy.typing import NDArray
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.trajectory import Trajectory
from robot_learning.nodes import messages, parameters
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
KINDS = {
    "joint_trajectory_controller": JointTrajectory,
    "forward_position_controller": Float64MultiArray,
}
# Share of a period by which a segment is sent ahead of its start, so that jitter adds no jump.
LEAD = 0.25
MIN_LEAD = 0.05


class Outlet:
    """Publishes to the controller of an arm.

    Declares the parameters that say which one.

    Args:
        node: who publishes.
        spec: the robot.

    Attributes:
        streams: whether positions are streamed in place of trajectories.
        topic: that the controller listens to.
    """

    def __init__(self, node: Any, spec: RobotSpec) -> None:
        self._node, self._spec = node, spec
        kind, topic = own = parameters.controller(node, spec)
        self.streams = kind == "forward_position_controller"
        self._controller = node.create_publisher(KINDS[kind], topic, 10)
        self.topic = self._controller.topic_name
        self._hand = Hand(node, spec, own) if spec.gripper else None

    def send(self, motion: Trajectory, opening: float | None, start: Time, moving: bool) -> None:
        """Send what the filter let through for a control period.

        Args:
            motion: segment of this period and the ramp to rest behind it.
            opening: where the gripper is sent; None where nobody asks.
            start: of the motion.
            moving: whether the arm moves or has just come to rest.
        """
        fingers = None if self._hand is None else self._hand.send(opening, start)
        if not self.streams and (moving or fingers):
            message = messages.trajectory_message(motion, self._spec.joints, start)
            if self._hand is not None and self._hand.shared:
                self._hand.join(message)
            self._controller.publish(message)

    def stream(self, q: Array) -> None:
        """Send positions (n,) to a controller that does not interpolate."""
        self._controller.publish(Float64MultiArray(data=q.tolist()))

    def problem(self) -> str:
        """Name the controller that nobody runs; empty where all listen."""
        if not self._controller.get_subscription_count():
            return f"no controller listens to {self.topic}"
        return "" if self._hand is None else self._hand.problem()

    def others(self) -> list[str]:
        """Name the other nodes that may send to the controller."""
        found = self._node.get_publishers_info_by_topic(self.topic)
        names = [info.node_name for info in found]
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
        self._out = None if self.shared else node.create_publisher(KINDS[kind], topic, 10)
        self._streams = kind == "forward_position_controller"
        self._sent: float | None = None
        self._before: float | None = None
        self._heard_by = 0

    def send(self, opening: float | None, start: Time) -> bool:
        """Send the opening where it is another one or a controller has come; say whether it is."""
        if opening is None:
            return False
        heard_by = 0 if self._out is None else self._out.get_subscription_count()
        changed = opening != self._sent
        self._before, self._sent = self._sent, opening
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

    def join(self, message: JointTrajectory) -> None:
        """Add the gripper's joints to a trajectory of the arm."""
        if self._sent is None:
            return
        message.joint_names = [*message.joint_names, *self._gripper.joints]
        opened = self._gripper.positions(self._sent).tolist()
        before = opened if self._before is None else self._gripper.positions(self._before).tolist()
        for point in message.points:
            first = point is message.points[0] and point is not message.points[-1]
            point.positions = [*point.positions, *(before if first else opened)]
            point.velocities = [*point.velocities, *([0.0] * len(opened))]

    def problem(self) -> str:
        """Name the gripper's controller where it is needed and nobody runs it."""
        if self._sent is None or self._out is None or self._out.get_subscription_count():
            return ""
        return f"no gripper controller listens to {self._out.topic_name}"
