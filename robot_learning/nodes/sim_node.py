"""A simulated arm that speaks ros2_control's topics."""

import sys
import time
from typing import Any

import numpy as np
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import StateError
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime, is_set
from robot_learning.nodes.run import run
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import BulletArm, Server
from robot_learning.worlds.controllers import PositionController, TrajectoryController

MAX_LAG = 0.1  # s; after a longer stall simulated time is let fall behind
MAX_JUMP = 0.5  # s; what /clock may go on at once where the simulation follows it
CATCH_UP = 2  # times the pace of the clock at which a shorter one is made up for


class SimNode(Node):
    """PyBullet in real time behind joint_trajectory_controller or forward_position_controller.

    Simulated time starts at the present. It runs with the wall clock; under ``use_sim_time``
    it follows ``/clock``, unless it is this node that publishes it.
    """

    def __init__(self) -> None:
        super().__init__("sim_node")
        robot = parameters.text(self, "robot", "arm6", "robot name or YAML file")
        self.spec = RobotSpec.load(robot)
        kind, topic = parameters.controller(self, self.spec)
        gui = parameters.flag(self, "gui", False, "open PyBullet's window")
        rate = parameters.number(self, "state_rate", 125.0, 1.0, 250.0, "joint states, Hz")
        publishes = parameters.flag(self, "publish_clock", False, "publish /clock")
        self._follows = bool(self.get_parameter("use_sim_time").value) and not publishes
        self.server = Server(gui=gui)
        self.arm = BulletArm(self.server, self.spec)
        self.arm.reset(self.spec.home)
        self._states = self.create_publisher(JointState, "joint_states", 10)
        self._clock_out = self.create_publisher(ClockMessage, "/clock", 10) if publishes else None
        self.controller: Any
        if kind == "joint_trajectory_controller":
            self.controller = TrajectoryController(self.spec.home)
            hears = self.create_subscription(JointTrajectory, topic, self._on_trajectory, 10)
        else:
            self.controller = PositionController(self.spec.home)
            hears = self.create_subscription(Float64MultiArray, topic, self._on_positions, 10)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(SetBool, "~/pause", self._on_pause)
        self._paused = False
        self._dt = self.server.physics_dt
        self._every = max(1, round(1.0 / rate / self._dt))
        self._steps = 0
        # Who publishes /clock can't take the time from it.
        own = Clock(clock_type=ClockType.SYSTEM_TIME) if publishes else None
        self.time = NodeTime(self, own)
        self._lay_time()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(self._dt * self._every / CATCH_UP, self._catch_up, clock=steady)
        if self._follows:
            self.create_timer(1.0, self._watch_clock, clock=steady)
        self.get_logger().info(
            f"{self.spec.name}: states at {1.0 / (self._dt * self._every):.0f} Hz on "
            f"{self._states.topic_name}, {kind} on {hears.topic_name}, "
            + ("follows" if self._follows else "publishes" if publishes else "does not publish")
            + " /clock"
        )

    @property
    def now(self) -> float:
        """Simulated time, s; as the clock it runs with, unless paused."""
        return self._epoch + self._steps * self._dt

    def _pace(self) -> float:
        """Return the time of the clock that the simulation runs with, s."""
        return self.time.now() if self._follows else time.monotonic()

    def _lay_time(self) -> None:
        """Let simulated time go on from the present; where others hear it, from where it was."""
        done = self._steps * self._dt
        self._begun = self._pace() - done
        if self._clock_out is None or not self._steps:
            self._epoch = self.time.now() - done

    def _catch_up(self) -> None:
        due = self._pace() - self._begun
        late = due - self._steps * self._dt
        if self._paused:
            self._lay_time()
            return
        if abs(late) > (MAX_JUMP if self._follows else MAX_LAG):
            self._leave_out(late)
            return
        # One joint state's worth at most, so that what was commanded meanwhile is heard in time.
        for _ in range(self._every):
            if self._steps * self._dt >= due:
                return
            before = self.controller.sample(self.now)[0]
            self._steps += 1
            self.arm.drive(before, self.controller.sample(self.now)[0])
            self.server.step()
            if self._steps % self._every == 0:
                self._publish()

    def _leave_out(self, late: float) -> None:
        """Go on from the present after a stall, or where /clock has jumped."""
        if self._steps:
            why = "/clock jumped" if self._follows else "the computer is busy"
            self.get_logger().warning(
                f"{late:.2f} s are not simulated: {why}", throttle_duration_sec=1.0
            )
        before = self.now
        held = self.controller.sample(before)[0]
        self._lay_time()
        if late < 0:
            self.controller.reset(held)
        if self.now != before:  # A stamp is told once.
            self._publish()

    def _watch_clock(self) -> None:
        if self.count_publishers("/clock") == 0:
            self.get_logger().warning(
                "use_sim_time is set and nobody publishes /clock: the arm stands still; set "
                "publish_clock where this node is to publish it"
            )

    def _publish(self) -> None:
        stamp = self.time.stamp(self.now)
        state = self.arm.state()
        if self._clock_out is not None:
            self._clock_out.publish(ClockMessage(clock=stamp))
        self._states.publish(messages.joint_state(state.q, state.qd, self.spec.joints, stamp))

    def _on_trajectory(self, message: JointTrajectory) -> None:
        try:
            trajectory = messages.trajectory_of(message, self.spec.joints)
        except StateError as error:
            self.get_logger().error(f"trajectory rejected: {error}", throttle_duration_sec=1.0)
            return
        stamp = message.header.stamp
        start = self.time.seconds(stamp) if is_set(stamp) else self.now
        self.controller.accept(trajectory, start, self.now)

    def _on_positions(self, message: Float64MultiArray) -> None:
        q = np.array(message.data)
        if q.shape != (self.spec.n,) or not np.isfinite(q).all():
            self.get_logger().error(
                f"command rejected: expected {self.spec.n} finite numbers",
                throttle_duration_sec=1.0,
            )
            return
        self.controller.accept(q)

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self.arm.reset(self.spec.home)
        self.controller.reset(self.spec.home)
        response.success, response.message = True, "the arm is at home"
        return response

    def _on_pause(self, request: SetBool.Request, response: SetBool.Response) -> Any:
        self._paused = request.data
        response.success, response.message = True, "paused" if request.data else "running"
        return response


def main(args: list[str] | None = None) -> int:
    """Entry point of ``sim_node``."""
    return run(SimNode, args)


if __name__ == "__main__":
    sys.exit(main())
