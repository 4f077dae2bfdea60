"""A simulated arm that speaks ros2_control's topics."""

import sys
import time
from typing import Any

import numpy as np
from rclpy.node import Node
from rosgraph_msgs.msg import Clock
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
CATCH_UP = 2  # times the pace of the clock at which a shorter one is made up for


class SimNode(Node):
    """PyBullet in real time behind joint_trajectory_controller or forward_position_controller."""

    def __init__(self) -> None:
        super().__init__("sim_node")
        robot = parameters.text(self, "robot", "arm6", "robot name or YAML file")
        self.spec = RobotSpec.load(robot)
        kind, topic = parameters.controller(self, self.spec)
        gui = parameters.flag(self, "gui", False, "open PyBullet's window")
        rate = parameters.number(self, "state_rate", 125.0, 1.0, 250.0, "joint states, Hz")
        self._clock_on = parameters.flag(self, "publish_clock", False, "publish /clock")
        self.server = Server(gui=gui)
        self.arm = BulletArm(self.server, self.spec)
        self.arm.reset(self.spec.home)
        self._states = self.create_publisher(JointState, "joint_states", 10)
        self._clock_out = self.create_publisher(Clock, "/clock", 10) if self._clock_on else None
        self.controller: Any
        if kind == "joint_trajectory_controller":
            self.controller = TrajectoryController(self.spec.home)
            self.create_subscription(JointTrajectory, topic, self._on_trajectory, 10)
        else:
            self.controller = PositionController(self.spec.home)
            self.create_subscription(Float64MultiArray, topic, self._on_positions, 10)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(SetBool, "~/pause", self._on_pause)
        self._paused = False
        self._every = max(1, round(1.0 / rate / self.server.physics_dt))
        self._steps = 0
        # Simulated time is the node's at the start plus the physics done since.
        self.time = NodeTime(self)
        self._epoch = self.time.now()
        self._begun = time.monotonic()
        self.create_timer(self.server.physics_dt * self._every / CATCH_UP, self._catch_up)

    @property
    def now(self) -> float:
        """Simulated time, s; as the wall clock's unless paused."""
        return self._epoch + self._steps * self.server.physics_dt

    def _catch_up(self) -> None:
        due = time.monotonic() - self._begun
        if self._paused or due - self._steps * self.server.physics_dt > MAX_LAG:
            self._begun = time.monotonic() - self._steps * self.server.physics_dt
            if not self._clock_on:
                self._epoch = self.time.now()
                self._epoch -= self._steps * self.server.physics_dt
            return
        # One joint state's worth at most, so that what was commanded meanwhile is heard in time.
        for _ in range(self._every):
            if self._steps * self.server.physics_dt >= due:
                return
            before = self.controller.sample(self.now)[0]
            self._steps += 1
            self.arm.drive(before, self.controller.sample(self.now)[0])
            self.server.step()
            if self._steps % self._every == 0:
                self._publish()

    def _publish(self) -> None:
        stamp = self.time.stamp(self.now)
        state = self.arm.state()
        if self._clock_out is not None:
            self._clock_out.publish(Clock(clock=stamp))
        self._states.publish(messages.joint_state(state.q, state.qd, self.spec.joints, stamp))

    def _on_trajectory(self, message: JointTrajectory) -> None:
        try:
            trajectory = messages.trajectory_of(message, self.spec.joints)
        except StateError as error:
            self.get_logger().error(f"trajectory rejected: {error}")
            return
        stamp = message.header.stamp
        start = self.time.seconds(stamp) if is_set(stamp) else self.now
        self.controller.accept(trajectory, start, self.now)

    def _on_positions(self, message: Float64MultiArray) -> None:
        q = np.array(message.data)
        if q.shape != (self.spec.n,) or not np.isfinite(q).all():
            self.get_logger().error(f"command rejected: expected {self.spec.n} finite numbers")
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
