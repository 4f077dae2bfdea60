"""Between any command source and the controller: nothing passes but through the filter."""

import math
import sys
import time
from collections.abc import Mapping
from typing import Any

from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from visualization_msgs.msg import MarkerArray

from robot_learning.base.errors import SafetyError, StateError
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import Alarm, ClockWatch, NodeTime, is_set
from robot_learning.nodes.diagnostics import EACH, GRACE, LOOK, Complaints
from robot_learning.nodes.gripper import GripperState
from robot_learning.nodes.ladder import Ladder
from robot_learning.nodes.modes import make_mode
from robot_learning.nodes.outlet import LEAD, MIN_LEAD
from robot_learning.nodes.requests import Requests
from robot_learning.nodes.run import run, set_realtime
from robot_learning.nodes.safety_report import SafetyReport
from robot_learning.nodes.scene import ToldScene
from robot_learning.nodes.sources import Sources, Throttled
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyFilter
from robot_learning.safety.watch import unusable_state

WATCHES = 8  # looks at the clock a control period
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
        source = parameters.text(self, "command_topic", "policy_node/command", "of any source")
        self._timeouts = parameters.SafetyTimeouts(self, self.spec)
        reduced = parameters.flag(self, "reduced_speed", False, "begin at the reduced speed")
        self._ladder = Ladder(self, self.spec)
        self.get_logger().info(f"loading the safety filter of {self.spec.name}")
        slow = reduced or self._ladder.reduced
        self.filter = SafetyFilter(self.spec, reduced_speed=slow)
        self._warn_of_unchecked()
        self.time = NodeTime(self)
        self._clock_watch = ClockWatch(self.time)
        self._states = JointStates(self, self.spec, self.time)
        self._scene = ToldScene(self, self.spec)
        self._sources = Sources(self, source)
        self._state: ArmState | None = None
        self._command: JointCommand | None = None
        self._command_at = -math.inf
        self._started = self._moving = self._grips = False
        self._next = 0.0
        # What was refused since the last tick, by whom, and what keeps the node from working.
        self._bad = self._second = self._contact = self._reason = ""
        self._born, self._told = time.monotonic(), -math.inf
        self._report, self._complaints = SafetyReport(self, self.spec), Complaints()
        self._connect(source)

    def _connect(self, source: str) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._mode = make_mode(self, self._ladder, self.filter, self.time)
        self._outlet = self._mode.outlet
        if self._outlet.stream is not None:
            self.create_timer(self._timeouts.stream, self._stream, clock=steady)
        gripper = self.spec.gripper
        self._gripper = None if gripper is None else GripperState(gripper, self.time)
        self.create_subscription(JointState, TOPIC, self._on_state, messages.JOINT_STATES)
        self._heard = Throttled(self.spec.control_period / MOST_COMMANDS, self._on_command)
        self.create_subscription(JointState, source, self._heard, 1)
        self.create_subscription(MarkerArray, "~/scene", self._on_scene, 10)
        self._requests = Requests(
            self,
            self.filter,
            self.time,
            self._scene,
            lambda: self._mode.measured(self._state),
            self._resumed,
            self._ladder.reduced,
        )
        period = self.spec.control_period
        self._alarm = Alarm(self, self._watch, period / WATCHES, period / 2)
        self.create_timer(LOOK, self._look, clock=steady)

    def _warn_of_unchecked(self) -> None:
        self._unchecked = ",".join(self.filter.unchecked)
        for joint in self.filter.unchecked:
            where = f"the link behind joint '{joint}' in {self.spec.urdf}"
            self.get_logger().warning(f"{where}: no collision geometry; nothing keeps it off")

    def _refuse(self, why: str) -> None:
        """Tell in the next status, and in the log once a second at most, what was refused."""
        self._bad = self._bad or why
        self.get_logger().warning(f"refused: {why}", throttle_duration_sec=EACH)

    def _on_state(self, message: JointState) -> None:
        """Keep a joint state for the next tick, unless somebody waits for it."""
        self._states.keep(message)
        if not self._started or self._mode.relays:
            self._read_states()

    def _read_states(self) -> None:
        timeout = self.filter.state_timeout = self._timeouts.state
        # A refused state leaves the last good one, which ages: past its timeout the arm stops.
        for state, message in self._states.read(timeout, self._gripper, self._refuse):
            if state is not None and not self._started:
                self._begin(state)
            self._state = self._mode.hear(state, message) or self._state

    def _begin(self, state: ArmState) -> None:
        now = self.time.now()
        if unusable_state(state, self.spec.n, self.filter.state_timeout, now):
            return  # It waited while the node was loading.
        latched = self.filter.latched
        try:
            opening = None if self._gripper is None else self._gripper.fraction()
            self.filter.reset(state.q, now, opening)
        except SafetyError as error:
            # Nothing passes before the arm is somewhere it may start from.
            self._contact = str(error)
            return
        if latched is not None:
            self.filter.request_stop(latched)
        self._mode.begin(state)
        self._contact, self._next, self._started = "", now, True
        set_realtime(True)
        self.get_logger().info("ready: commands pass")

    def _on_command(self, message: JointState, info: Mapping[str, Any]) -> None:
        if not self._started:
            return
        now, period, timeout = self.time.now(), self.spec.control_period, self._timeouts.command
        if why := self._unfit():
            self._refuse(f"command: {why}")
            return
        try:
            self._sources.admit(info, now, timeout)
        except StateError as error:
            self._second = str(error)
            self.get_logger().warning(f"refused: {error}", throttle_duration_sec=EACH)
            return
        stamp = message.header.stamp
        age = now - self.time.seconds(stamp) if is_set(stamp) else 0.0
        try:
            command = messages.joint_command(message, self.spec)
        except StateError as error:
            self._refuse(f"command: {error}")
            return
        if abs(age) > timeout:
            self._refuse(f"the command's stamp is {age:.3f} s old, at most {timeout:g} s counts")
            return
        self._command, self._command_at = command, now
        self._grips = self._grips or command.opening is not None
        if not self._moving:
            self._next = max(self._next - period, now + LEAD * period)
        if now >= self._next - 0.6 * period:
            self._tick()

    def _on_scene(self, message: MarkerArray) -> None:
        now = self.time.now()
        try:
            if self._scene.update(message, now):
                self.filter.set_scene([*self.spec.safety.scene, *self._scene.solids], now)
        except (StateError, SafetyError) as error:
            self._refuse(f"scene: {error}")

    def _watch(self) -> None:
        now, period = self.time.now(), self.spec.control_period
        if back := self._clock_watch.went_back():
            self._set_back(back)
        if not self._started:
            return
        self._heard.serve()
        if self._moving and (why := self._unfit()):
            self.filter.request_stop()
            self._bad = why
        if stale := self._scene.stale(now):
            self.filter.request_stop(Cause.STALE_SCENE)
            self._bad = f"scene: marker '{stale}' was not told again within its lifetime"
        if now >= self._next - period / WATCHES:
            self._tick()
        self._alarm.set(self._next - period / WATCHES - now)

    def _unfit(self) -> str:
        """Return why the arm must not move, whatever is asked for; empty for no reason."""
        still = self._clock_watch.stands_still(self._timeouts.clock)
        return "the clock stands still" if still else self._outlet.unfit()

    def _set_back(self, seconds: float) -> None:
        """Go on by a clock that was set back."""
        self._scene.move_clock(-seconds)
        if not self._started:
            return
        self.filter.request_stop()
        self.filter.move_clock(-seconds)
        self._next -= seconds
        self._command_at = -math.inf
        self._bad = f"the clock went backwards by {seconds:.3f} s"

    def _look(self) -> None:
        """Say once a second, as long as it lasts, what keeps the node from working."""
        if time.monotonic() - self._born < GRACE:
            return
        before, self._reason = self._reason, self._why_not()
        if self._reason and self._complaints.is_new(self._reason):
            self.get_logger().warning(self._reason)
        silent = time.monotonic() - self._told >= EACH
        if silent or (not self._started and bool(before) != bool(self._reason)):
            self._report.wait(self.filter.latched, self._words(""))
            self._told = time.monotonic()

    def _why_not(self) -> str:
        why = self._states.problem(self._timeouts.state) or self._contact
        why = why or (self._unfit() if self._started else "") or self._outlet.problem()
        return why or (self._outlet.ignored if self.filter.latched is Cause.TRACKING_ERROR else "")

    def _tick(self) -> None:
        """Serve the slot that starts at ``self._next``."""
        self._read_states()
        now, period = self.time.now(), self.spec.control_period
        # Late, the arm follows its stop: go on from there, not from where it should have been.
        self._next = max(self._next, now + MIN_LEAD * period)
        if self._ladder.other:
            self.filter.request_stop()
            self._bad = self._ladder.other
        fresh = now - self._command_at <= self._timeouts.command
        command = self._command if fresh else None
        state = self._mode.prepare(command, self._state, self._next)
        result = self.filter.apply(command, state, period, self._next)
        self._mode.served(result, self._next)
        self._ladder.count(result, self.filter.latched, fresh, self._mode.measured(self._state))
        start = self.time.stamp(self._next)
        moving = bool(result.stop.qd.any())
        opening = result.opening if self._grips else None
        self._outlet.send(result.stop, opening, self._next, moving or self._moving)
        self._moving = moving
        if Cause.STALE_STATE in result.active:
            self._reason = self._why_not()
        words = self._words(f"{start.sec}.{start.nanosec:09d}")
        self._report.publish(result, self.filter.latched, words)
        self._told = time.monotonic()
        self._next += period

    def _stream(self) -> None:
        if self._started and self._outlet.stream is not None:
            q, qd = self.filter.reference(self.time.now())
            # Without time the reference never comes to rest.
            moves = not self._clock_watch.stands_still(self._timeouts.clock)
            self._outlet.stream.send(q, moves * qd, self._state, self.filter.delay)

    def _words(self, start: str) -> dict[str, str]:
        words = {
            "start": start,
            "reason": self._reason,
            "delay": repr(self.filter.delay),
            "state_age": f"{self._states.ages[-1]:.4f}" if self._states.ages else "",
            "unchecked": self._unchecked,
            "reduced_speed": str(self.filter.reduced_speed).lower(),
            "refused": self._bad,
            Cause.SECOND_SOURCE.value: self._second,
            "dropped": str(self._sources.missed()),
            **self._ladder.words(),
            **self._mode.words(),
        }
        self._bad, self._second = "", ""
        return words

    def _resumed(self, now: float, state: ArmState) -> None:
        self._mode.begin(state)
        self._state, self._command_at, self._next = state, -math.inf, now
        self._reason = ""

    def destroy_node(self) -> None:
        """Keep what the ladder has seen, and end."""
        if hasattr(self, "_ladder"):  # A node that is refused has none yet.
            self._ladder.close()
        super().destroy_node()


def main(args: list[str] | None = None) -> int:
    """Entry point of ``safety_node``."""
    return run(SafetyNode, args, by_events=True)


if __name__ == "__main__":
    sys.exit(main())
