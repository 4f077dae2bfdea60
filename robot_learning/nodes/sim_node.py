"""A simulated arm, alone or in a task's scene, that speaks ros2_control's topics."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from geometry_msgs.msg import PoseStamped
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from rclpy.parameter import Parameter
from rosgraph_msgs.msg import Clock as ClockMessage
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.errors import StateError
from robot_learning.base.trajectory import Trajectory
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.clock import NodeTime, is_set
from robot_learning.nodes.pace import Pace
from robot_learning.nodes.run import run
from robot_learning.nodes.simulation import Simulation, load_scene
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import VELOCITIES
from robot_learning.worlds.controllers import TrajectoryController, VelocityController, velocity
from robot_learning.worlds.variation import load_shifts

CATCH_UP = 2  # times the pace of the clock at which a shorter one is made up for
LAST_SEED = 2**31 - 1


class SimNode(Node):
    """PyBullet in real time behind the controllers of an arm and its gripper.

    Simulated time starts at the present. It runs with the wall clock; under ``use_sim_time``
    it follows ``/clock``, unless it is this node that publishes it.
    """

    def __init__(self) -> None:
        super().__init__("sim_node")
        robot = parameters.text(self, "robot", "arm6", "robot name or YAML file")
        self.spec = RobotSpec.load(robot)
        arm = parameters.controller(self, self.spec)
        self.simulation = self._simulation()
        publishes = parameters.flag(self, "publish_clock", False, "publish /clock")
        self._follows = bool(self.get_parameter("use_sim_time").value) and not publishes
        self._states = self.create_publisher(JointState, "joint_states", 10)
        self._clock_out = self.create_publisher(ClockMessage, "/clock", 10) if publishes else None
        self._poses = {
            name: self.create_publisher(PoseStamped, f"~/objects/{name}", 10)
            for name in self.simulation.objects
        }
        moved = self._listen(arm)
        self.create_service(Trigger, "~/reset", self._on_reset)
        self.create_service(SetBool, "~/pause", self._on_pause)
        self._paused = False
        # Who publishes /clock can't take the time from it.
        own = Clock(clock_type=ClockType.SYSTEM_TIME) if publishes else None
        self.time = NodeTime(self, own)
        state_period = self.simulation.dt * self.simulation.every
        self.pace = Pace(self.time, self.simulation.dt, follows=self._follows, told=publishes)
        begun = self._begin()
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.create_timer(state_period / CATCH_UP, self._catch_up, clock=steady)
        if self._follows:
            self.create_timer(1.0, self._watch_clock, clock=steady)
        clock = "follows" if self._follows else "publishes" if publishes else "does not publish"
        self.get_logger().info(
            f"{self.spec.name}: {begun}; states at {1.0 / state_period:.0f} Hz on "
            f"{self._states.topic_name}, {', '.join(moved)}, {clock} /clock"
        )

    def _simulation(self) -> Simulation:
        """Return what the parameters say is simulated."""
        scene = "whose scene is around it: a name, YAML file or bundle; empty: the arm alone"
        task = load_scene(self.spec, parameters.text(self, "task", "", scene))
        shift = parameters.text(self, "shift", "", "what episodes differ in: a name or YAML file")
        of_next = "seed of the next episode"
        parameters.integer(self, "seed", 0, 0, LAST_SEED, of_next, read_only=False)
        told = "of the next episode: q, opening, and x, y, z, turn an object; empty: drawn"
        parameters.numbers(self, "start", told)
        gui = parameters.flag(self, "gui", False, "open PyBullet's window")
        rate = parameters.number(self, "state_rate", 125.0, 1.0, 250.0, "joint states, Hz")
        shifts = load_shifts(shift) if shift else None
        return Simulation(self.spec, task, shifts, rate, gui)

    def _catch_up(self) -> None:
        if self._paused:
            self.pace.lay()
            return
        if self.pace.torn:
            self._leave_out()
            return
        # One joint state's worth at most, so that what was commanded meanwhile is heard in time.
        for _ in range(self.simulation.every):
            if self.pace.late <= 0:
                return
            self.simulation.step(self.pace.now)
            self.pace.step()
            if self.pace.steps % self.simulation.every == 0:
                self._publish()

    def _leave_out(self) -> None:
        """Go on from the present after a stall, or where /clock has jumped."""
        before, late = self.pace.now, self.pace.late
        if self.pace.steps:
            why = "/clock jumped" if self._follows else "the computer is busy"
            self.get_logger().warning(
                f"{late:.2f} s are not simulated: {why}", throttle_duration_sec=1.0
            )
        if late < 0:
            self.simulation.stay(before)
        self.pace.lay()
        if self.pace.now != before:  # A stamp is told once.
            self._publish()

    def _watch_clock(self) -> None:
        if self.count_publishers("/clock") == 0:
            self.get_logger().warning(
                "use_sim_time is set and nobody publishes /clock: the arm stands still; set "
                "publish_clock where this node is to publish it"
            )

    def _publish(self) -> None:
        if self._clock_out is not None:
            self._clock_out.publish(ClockMessage(clock=self.time.stamp(self.pace.now)))
        seen = self.simulation.measure(self.pace.now)
        if seen is None:
            return
        stamp = self.time.stamp(seen.state.stamp)
        # Before the joint state: whoever acts on that one has heard these.
        for name, pose in seen.poses.items():
            message = messages.pose_message(pose, self.spec.base_link, stamp)
            self._poses[name].publish(message)
        gripper = self.simulation.gripper
        joints = (*self.spec.joints, *(gripper.joints if gripper else ()))
        q, qd = np.hstack([[seen.state.q, seen.state.qd], seen.fingers])
        self._states.publish(messages.joint_state(q, qd, joints, stamp))

    def _listen(self, arm: tuple[str, str]) -> list[str]:
        """Listen to what controllers are told; return their types and topics in words."""
        simulation, spec = self.simulation, self.spec
        gripper, own = simulation.gripper, arm
        if spec.gripper is not None:
            own = parameters.gripper_controller(self, spec, spec.gripper, arm)
        shared = gripper is not None and own == arm
        if arm[0] == VELOCITIES:
            simulation.arm_controller = VelocityController(spec.home)

        def read_arm(message: Any) -> None:
            if isinstance(message, JointTrajectory):
                motion = messages.trajectory_of(message, spec.joints)
            else:
                numbers = messages.numbers_in(message, spec.n)
                motion = velocity(numbers) if arm[0] == VELOCITIES else Trajectory.rest(numbers)
            opening = messages.opening_of(message, gripper) if gripper and shared else None
            self._send(simulation.arm_controller, motion, message)
            if opening is not None:
                self._send(simulation.gripper_controller, opening, message)

        def read_gripper(message: Any) -> None:
            assert gripper is not None
            if isinstance(message, JointTrajectory):
                motion = messages.opening_of(message, gripper)
            else:
                positions = messages.numbers_in(message, 1, len(gripper.joints))
                motion = Trajectory.rest(np.array([gripper.opening(positions)]))
            self._send(simulation.gripper_controller, motion, message)

        heard = [self._hear("arm", *arm, read_arm)]
        if gripper is not None and not shared:
            heard.append(self._hear("gripper", *own, read_gripper))
        return heard

    def _hear(self, what: str, kind: str, topic: str, read: Callable[[Any], None]) -> str:
        """Let ``read`` take the messages of a controller's topic; say which one it is."""

        def take(message: Any) -> None:
            try:
                read(message)
            except StateError as error:
                self.get_logger().error(
                    f"{what}: command rejected: {error}", throttle_duration_sec=1.0
                )

        trajectories = kind == "joint_trajectory_controller"
        form = JointTrajectory if trajectories else Float64MultiArray
        return f"{kind} on {self.create_subscription(form, topic, take, 10).topic_name}"

    def _send(self, controller: TrajectoryController, motion: Trajectory, message: Any) -> None:
        """Send a controller a motion that begins at its message's stamp, or now."""
        stamp = message.header.stamp if isinstance(message, JointTrajectory) else None
        start = self.time.seconds(stamp) if stamp and is_set(stamp) else self.pace.now
        self.simulation.send(controller, motion, start, self.pace.now)

    def _begin(self) -> str:
        """Begin the episode of the parameter ``seed``, which is the next one's then; say which.

        It begins at the parameter ``start``, where one is told, which is none then.

        Raises:
            StateError: where that start is not one of this scene.
        """
        seed = int(self.get_parameter("seed").value)
        told = self.get_parameter("start").value
        objects = self.simulation.objects
        start = messages.start_of(told, self.spec.n, objects) if told else None
        self.simulation.begin(seed, self.pace.now, start)
        after = seed + 1 if seed < LAST_SEED else 0
        self.set_parameters([Parameter("seed", value=after), Parameter("start", value=[])])
        task = self.simulation.task
        return f"{'the arm is at home' if task is None else task.name}, seed {seed}"

    def _on_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        try:
            response.success, response.message = True, self._begin()
        except StateError as error:
            response.success, response.message = False, str(error)
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
