"""What a human holds in the hand, on topics: a twist of the tip, or a joystick."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from geometry_msgs.msg import PoseStamped, TwistStamped
from numpy.typing import NDArray
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import Joy

from robot_learning.base.errors import StateError
from robot_learning.base.periods import COMMAND_PERIODS
from robot_learning.base.types import Input
from robot_learning.nodes import messages
from robot_learning.nodes.clock import NodeTime, is_set
from robot_learning.nodes.frames import Frames, seconds_of
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
TWIST, JOY, GOAL = "teleop/twist", "joy", "teleop/goal"
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Told(Protocol):
    """What an episode is told; an :class:`~robot_learning.envs.ArmEnv` knows."""

    inputs: Mapping[str, Input]


class Controls:
    """Hears ``teleop/twist`` (TwistStamped) and ``joy`` (Joy); tells ``teleop/goal``.

    A message counts for three policy periods, by its stamp. Twists are of the tip, in the base
    frame or one that is known. A joystick has axes for x, y and z, a button that closes and opens
    the gripper, and one that ends the episode.

    Args:
        node: who hears.
        spec: the robot.
        clock: the node's time.
        axes: numbers of the joystick's axes for x, y and z.
        buttons: numbers of its buttons for the gripper and for the end.
        speed: of the tip where an axis is all the way, m/s.

    Attributes:
        linear: (3,) asked for last, base frame, m/s.
        angular: (3,), rad/s.
        opening: asked for last; None for nothing yet.
        toggled: when that was, s of the node's time.
    """

    def __init__(
        self,
        node: Any,
        spec: RobotSpec,
        clock: NodeTime,
        axes: Sequence[int],
        buttons: Sequence[int],
        speed: float,
    ) -> None:
        self._node, self._spec, self._time = node, spec, clock
        self._frames = Frames(node, spec)
        self._axes, self._buttons, self._speed = tuple(axes), tuple(buttons), speed
        self._timeout = COMMAND_PERIODS * spec.policy_period
        self._begun, self._at = clock.now(), -np.inf
        self._held: tuple[int, ...] = ()
        self._end = False
        self._refused = ""
        self.linear = self.angular = np.zeros(3)
        self.opening: float | None = None
        self.toggled = -np.inf
        node.create_subscription(TwistStamped, TWIST, self._on_twist, 10)
        node.create_subscription(Joy, JOY, self._on_joy, 10)
        self._goal = node.create_publisher(PoseStamped, GOAL, LATCHED)

    def begin(self, env: Told, opening: float) -> None:
        """Forget what was asked for, and tell where the goal is."""
        self.linear = self.angular = np.zeros(3)
        self.opening, self._end, self.toggled = opening, False, -np.inf
        self._begun = self._time.now()
        goal = np.array([*env.inputs["goal"].value, 0.0, 0.0, 0.0, 1.0])
        stamp = self._time.stamp(self._begun)
        self._goal.publish(messages.pose_message(goal, self._spec.base_link, stamp))

    def fresh(self) -> bool:
        """Say whether what was asked for last still counts."""
        return self._time.now() - self._at <= self._timeout

    def silent(self) -> float:
        """Return for how long nothing usable has come in this episode, s."""
        return self._time.now() - max(self._at, self._begun)

    def ended(self) -> bool:
        """Say whether the button of the end was pressed in this episode."""
        return self._end

    def problem(self) -> str:
        """Return why nothing usable comes; empty where something does."""
        if self.fresh():
            return ""
        names = [self._node.resolve_topic_name(topic) for topic in (TWIST, JOY)]
        if self._refused:
            return self._refused
        if not any(self._node.count_publishers(name) for name in names):
            return f"nobody publishes {names[0]} or {names[1]}"
        return f"no message on {names[0]} or {names[1]} for {self.silent():.1f} s"

    def _on_twist(self, message: TwistStamped) -> None:
        twist = message.twist
        linear, angular = (
            np.array([part.x, part.y, part.z]) for part in (twist.linear, twist.angular)
        )
        try:
            self._check_age(TWIST, message.header)
            frame = message.header.frame_id
            R = self._frames.to_base(frame, seconds_of(message.header.stamp))[:3, :3]
            if not np.isfinite([linear, angular]).all():
                raise StateError("the twist is not finite")
        except StateError as error:
            self._refused = f"{self._node.resolve_topic_name(TWIST)}: {error}"
            return
        self._take(R @ linear, R @ angular)

    def _on_joy(self, message: Joy) -> None:
        axes, buttons = message.axes, message.buttons
        try:
            self._check_age(JOY, message.header)
            for what, wanted, there in (
                ("axis", self._axes, len(axes)),
                ("button", self._buttons, len(buttons)),
            ):
                if max(wanted) >= there:
                    raise StateError(
                        f"no {what} {max(wanted)}, there are {there}; give --axes, --buttons"
                    )
            pushed = np.array([axes[number] for number in self._axes])
            if not np.isfinite(pushed).all():
                raise StateError("the axes are not finite")
        except StateError as error:
            self._refused = f"{self._node.resolve_topic_name(JOY)}: {error}"
            return
        grip, end = (buttons[number] for number in self._buttons)
        before_grip, before_end = self._held or (grip, end)
        self._held = (grip, end)
        if grip and not before_grip:
            self.toggle()
        self._end = self._end or bool(end and not before_end)
        self._take(self._speed * np.clip(pushed, -1.0, 1.0), np.zeros(3))

    def toggle(self) -> None:
        """Close an open gripper, and open a closed one."""
        self.opening = 0.0 if (self.opening or 0.0) > 0.5 else 1.0
        self.toggled = self._time.now()

    def _take(self, linear: Array, angular: Array) -> None:
        self._refused = ""
        self.linear, self.angular, self._at = linear, angular, self._time.now()

    def _check_age(self, topic: str, header: Any) -> None:
        if not is_set(header.stamp):
            raise StateError("the message has no stamp")
        age = self._time.now() - self._time.seconds(header.stamp)
        if abs(age) > self._timeout:
            how = f"{age:.3f} s old" if age > 0 else f"{-age:.3f} s ahead of this node's clock"
            raise StateError(f"the newest message is {how}, at most {self._timeout:g} s counts")
