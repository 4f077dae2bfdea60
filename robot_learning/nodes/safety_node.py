"""Between any command source and the controller: nothing passes but through the filter."""

import math
import sys
import time

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.subscription import MessageInfo
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory
from visualization_msgs.msg import MarkerArray

from robot_learning.base.errors import SafetyError, StateError
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime, is_set
from robot_learning.nodes.report import SafetyReport
from robot_learning.nodes.run import run
from robot_learning.nodes.scene import ToldScene
from robot_learning.nodes.sources import Pace, Sources
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter
from robot_learning.safety.watch import unusable_state

# Share of a period by which a segment is sent ahead of its start, so that jitter adds no jump.
LEAD = 0.25
MIN_LEAD = 0.05
WATCHES = 8  # looks at the clock a control period
CLOCK_STALL = 0.3  # s of steady time without any ROS time
MOST_COMMANDS = 20  # that are looked at in one control period; of more only the newest is


class SafetyNode(Node):
    """Runs the filter once a control period on a grid of its own.

    The grid is laid by the first command that finds the arm at rest. Each segment is sent before
    its start and carries the ramp to rest behind it.
    """

    def __init__(self) -> None:
        super().__init__("safety_node")
        self.spec = RobotSpec.load(
            parameters.text(self, "robot", "arm6", "robot name or YAML file")
        )
        kind, topic = parameters.controller(self, self.spec)
        source = parameters.text(
            self, "command_topic", "policy_node/command", "commands of whatever source"
        )
        state_timeout = parameters.number(
            self, "state_timeout", 0.2, 0.01, 1.0, "age at which a joint state is stale, s"
        )
        self._command_timeout = parameters.number(
            self, "command_timeout", 0.12, 0.01, 1.0, "age at which a command is stale, s"
        )
        stream = parameters.number(
            self, "stream_period", 0.004, 0.001, 0.1, "for forward_position_controller, s"
        )
        reduced = parameters.flag(
            self, "reduced_speed", False, "keep the tip below the reduced speed from the start"
        )
        self.time = NodeTime(self)
        self.filter = SafetyFilter(self.spec, state_timeout=state_timeout, reduced_speed=reduced)
        self._warn_of_unchecked()
        self._scene = ToldScene(self.spec)
        self._sources = Sources(self, source, self._command_timeout)
        self._state: ArmState | None = None
        self._command: JointCommand | None = None
        self._command_at = -math.inf
        self._started = False
        self._next = 0.0
        self._moving = False
        self._bad: str = ""
        self._second: str = ""
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._streams = kind == "forward_position_controller"
        kind_of = Float64MultiArray if self._streams else JointTrajectory
        self._controller = self.create_publisher(kind_of, topic, 10)
        if self._streams:
            self.create_timer(stream, self._stream, clock=steady)
        self._report = SafetyReport(self, self.spec)
        self.create_subscription(JointState, "joint_states", self._on_state, messages.JOINT_STATES)
        pace = Pace(self.spec.control_period / MOST_COMMANDS)
        self.create_subscription(JointState, source, self._on_command, 1, callback_group=pace)
        self.create_subscription(MarkerArray, "~/scene", self._on_scene, 10)
        self.create_service(Trigger, "~/stop", self._on_stop)
        self.create_service(Trigger, "~/resume", self._on_resume)
        self.create_service(SetBool, "~/reduced_speed", self._on_reduced_speed)
        self.create_timer(self.spec.control_period / WATCHES, self._watch, clock=steady)
        self._ros_time, self._ros_moved_at = self.time.now(), time.monotonic()

    def _warn_of_unchecked(self) -> None:
        for joint in self.filter.unchecked:
            self.get_logger().warning(
                f"the link behind joint '{joint}' has no collision geometry in "
                f"{self.spec.urdf}: nothing keeps it off itself and the scene"
            )

    def _on_state(self, message: JointState) -> None:
        try:
            stamp = self.time.seconds(message.header.stamp)
            self._state = messages.arm_state(message, self.spec.joints, stamp)
        except StateError as error:
            # The last good state ages; past its timeout the filter stops the arm.
            self._bad = str(error)
            return
        if not self._started:
            self._begin(self._state)

    def _begin(self, state: ArmState) -> None:
        self._next = self.time.now()
        if unusable_state(state, self.spec.n, self.filter.state_timeout, self._next):
            return  # It waited while the node was loading.
        try:
            self.filter.reset(state.q, self._next)
        except SafetyError as error:
            # Nothing passes before the arm is somewhere it may start from.
            self._bad = str(error)
            return
        self._started = True

    def _on_command(self, message: JointState, info: MessageInfo) -> None:
        if not self._started:
            return
        now, period = self.time.now(), self.spec.control_period
        try:
            self._sources.admit(info, now)
        except StateError as error:
            self._second = str(error)
            return
        stamp = message.header.stamp
        age = now - self.time.seconds(stamp) if is_set(stamp) else 0.0
        try:
            command = messages.joint_command(message, self.spec.joints)
        except StateError as error:
            self._bad = str(error)
            return
        if abs(age) > self._command_timeout:
            self._bad = f"the command's stamp is {age:.3f} s old"
            return
        self._command, self._command_at = command, now
        if not self._moving:
            self._next = max(self._next - period, now + LEAD * period)
        if now >= self._next - 0.6 * period:
            self._tick()

    def _on_scene(self, message: MarkerArray) -> None:
        now = self.time.now()
        try:
            if self._scene.update(message, now):
                told = [*self.spec.safety.scene, *self._scene.solids]
                self.filter.set_scene(told, now)
        except (StateError, SafetyError) as error:
            self._bad = f"scene: {error}"

    def _watch(self) -> None:
        if not self._started:
            return
        now, steady = self.time.now(), time.monotonic()
        if now != self._ros_time:
            back = now - self._ros_time
            self._ros_time, self._ros_moved_at = now, steady
            if back < 0:
                self.filter.request_stop()
                self.filter.move_clock(back)
                self._next += back
                self._command_at = -math.inf
                self._bad = "the clock went backwards"
        elif steady - self._ros_moved_at > CLOCK_STALL:
            self.filter.request_stop()
            self._bad = "the clock stands still"
        if stale := self._scene.stale(now):
            self.filter.request_stop(Cause.STALE_SCENE)
            self._bad = f"scene: marker '{stale}' was not told again within its lifetime"
        if now >= self._next - self.spec.control_period / WATCHES:
            self._tick()

    def _tick(self) -> None:
        """Serve the slot that starts at ``self._next``."""
        now, period = self.time.now(), self.spec.control_period
        # Late, the arm follows its stop: go on from there, not from where it should have been.
        self._next = max(self._next, now + MIN_LEAD * period)
        fresh = now - self._command_at <= self._command_timeout
        result = self.filter.apply(
            self._command if fresh else None, self._state, period, self._next
        )
        moving = bool(result.stop.qd.any())
        if not self._streams and (moving or self._moving):
            stamp = self.time.stamp(self._next)
            message = messages.trajectory_message(result.stop, self.spec.joints, stamp)
            self._controller.publish(message)
        self._moving = moving
        self._report.publish(result, self.filter.latched, self._words())
        self._next += period

    def _stream(self) -> None:
        if not self._started:
            return
        q, qd = self.filter.reference(self.time.now())
        if self._moving or qd.any():
            self._controller.publish(Float64MultiArray(data=q.tolist()))

    def _words(self) -> dict[str, str]:
        words = {
            "unchecked": ",".join(self.filter.unchecked),
            "reduced_speed": str(self.filter.reduced_speed).lower(),
            "refused": self._bad,
            Cause.SECOND_SOURCE.value: self._second,
            "dropped": str(self._sources.missed()),
        }
        self._bad, self._second = "", ""
        return words

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.filter.request_stop()
        response.success, response.message = True, Cause.STOP_REQUESTED.value
        return response

    def _on_resume(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        now = self.time.now()
        if stale := self._scene.stale(now):
            response.success = False
            response.message = f"resume refused: {Cause.STALE_SCENE.value}: marker '{stale}'"
            return response
        try:
            self.filter.resume(self._state, now)
        except SafetyError as error:
            response.success, response.message = False, str(error)
            return response
        self._command_at = -math.inf
        self._next = self.time.now()
        response.success, response.message = True, "commands pass again"
        return response

    def _on_reduced_speed(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        self.filter.reduced_speed = request.data
        response.success, response.message = True, "reduced" if request.data else "full"
        return response


def main(args: list[str] | None = None) -> int:
    """Entry point of ``safety_node``."""
    return run(SafetyNode, args, realtime=True)


if __name__ == "__main__":
    sys.exit(main())
