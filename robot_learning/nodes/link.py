"""An arm on its topics, for a program that is no node: heard and moved from one thread."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import rclpy
from rcl_interfaces.srv import SetParameters
from rclpy.context import Context
from rclpy.exceptions import NameValidationException
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

from robot_learning.base.errors import ConfigError, StateError
from robot_learning.base.periods import STATE_PERIODS, STREAMED
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Input, Start
from robot_learning.nodes import messages, services
from robot_learning.nodes.clock import ClockWatch, NodeTime
from robot_learning.nodes.frames import Frames
from robot_learning.nodes.gripper import GripperState
from robot_learning.nodes.objects import TRACKED, ObjectPoses
from robot_learning.nodes.outlet import Outlet
from robot_learning.nodes.run import refuse_misspelt
from robot_learning.nodes.sources import UNKNOWN
from robot_learning.nodes.states import TOPIC, JointStates
from robot_learning.policy.terms import OPENING
from robot_learning.robot import RobotSpec

SIMULATION = "sim_node"
SILENCE = 2.0  # s without a joint state after which nobody waits any longer
LOOK = 0.02  # s
DISCOVERY = 1.0  # s


class Link:
    """Hears an arm's joints, gripper and objects and sends motions to its controllers.

    It has a context of its own, and so disturbs no other use of rclpy in the process.

    Args:
        spec: the robot.
        objects: names of those to hear of.
        gripper: hear of its gripper, and move it.
        object_deviation: largest standard deviation of an object's position that counts, m.
        namespace: of all topics and services.
        use_sim_time: follow ``/clock``.
        ros_args: what may follow ``--ros-args``: remappings and parameters of its node.
        patience: time in which everybody it needs has to be there, s.

    Raises:
        ConfigError: where ROS does not take the namespace or the arguments.
        StateError: naming who or what is missing.

    Attributes:
        simulated: whether a ``sim_node`` is the arm.
        outlet: to the controllers.
        time: the node's.
        ages: from stamp to receipt, of the joint states that came last, s.
        fault: why nothing should go on; empty where nothing is wrong.
    """

    def __init__(
        self,
        spec: RobotSpec,
        objects: Sequence[str] = (),
        *,
        gripper: bool = False,
        object_deviation: float = float("inf"),
        namespace: str = "",
        use_sim_time: bool = False,
        ros_args: Sequence[str] = (),
        patience: float = 10.0,
    ) -> None:
        self.spec, self.patience = spec, patience
        self.timeout = STATE_PERIODS * spec.control_period
        self._names, self.fault, self._silent = tuple(objects), "", 0.0
        self._object_deviation = object_deviation
        self._motion: Trajectory | None = None  # sent last
        self._start = 0.0
        self._context = Context()
        rclpy.init(args=[], context=self._context, signal_handler_options=SignalHandlerOptions.NO)
        try:
            self._connect(gripper, namespace, use_sim_time, ros_args)
        except BaseException:
            self.close()
            raise

    def _connect(
        self, gripper: bool, namespace: str, use_sim_time: bool, ros_args: Sequence[str]
    ) -> None:
        given = [Parameter("use_sim_time", value=True)] if use_sim_time else []
        try:
            self.node: Any = Node(
                "arm_env",
                context=self._context,
                namespace=namespace,
                cli_args=["--ros-args", *ros_args] if ros_args else [],
                parameter_overrides=given,
                start_parameter_services=False,
            )
        except (RuntimeError, NameValidationException) as error:
            asked = f"namespace '{namespace}', ROS arguments '{' '.join(ros_args)}'"
            raise ConfigError(f"{asked}: {' '.join(str(error).split())}") from error
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.time = NodeTime(self.node)
        self._watch = ClockWatch(self.time)
        self.outlet = Outlet(self.node, self.spec, self.time)
        refuse_misspelt(self.node)
        self._states = JointStates(self.node, self.spec, self.time)
        self.ages = self._states.ages
        own = self.spec.gripper if gripper else None
        self.gripper = None if own is None else GripperState(own, self.time)
        self.node.create_subscription(JointState, TOPIC, self._on_state, messages.JOINT_STATES)
        self._reset: Any = self.node.create_client(Trigger, f"{SIMULATION}/reset")
        self._set: Any = self.node.create_client(SetParameters, f"{SIMULATION}/set_parameters")
        self._objects: ObjectPoses | None = None
        self.wait(lambda: self._states.problem(self.timeout) or self.outlet.problem())
        self.simulated = self._is_simulated()
        self._objects = ObjectPoses(
            self.node,
            self._names,
            self.time,
            Frames(self.node, self.spec),
            lambda: self._object_deviation,
            self._lose,
            f"{SIMULATION}/objects" if self.simulated else TRACKED,
        )
        self.until(lambda: "who else sends?", DISCOVERY)
        self.wait(lambda: self.problem() or self.lost())

    def _is_simulated(self) -> bool:
        """Say whether the joint states are those of a simulation that can be put back."""

        def tellers() -> list[str]:
            heard = self.node.get_publishers_info_by_topic(TOPIC)
            return [info.node_name for info in heard]

        # The middleware learns of topics before it learns whose they are.
        self.wait(lambda: f"who publishes {self.topic}?" if UNKNOWN in tellers() else "")
        if SIMULATION not in tellers():
            return False
        return all(client.wait_for_service(SILENCE) for client in (self._set, self._reset))

    @property
    def state(self) -> ArmState:
        """The newest, by the node's time."""
        assert self._states.newest is not None
        return self._states.newest

    @property
    def inputs(self) -> dict[str, Input]:
        """What else was heard, by name, by the node's time."""
        heard = {} if self._objects is None else dict(self._objects.positions)
        if self.gripper is not None and self.gripper.opening is not None:
            heard[OPENING] = self.gripper.opening
        return heard

    def problem(self) -> str:
        """Return why the arm can't be worked with; empty for no reason."""
        why = self._states.problem(self.timeout) or self.outlet.problem()
        if not why and self.gripper is not None and self.gripper.opening is None:
            why = f"{self.topic} tells nothing of the gripper's joints"
        if not why and (others := self.outlet.others()):
            why = (
                f"{', '.join(others)} may send to {self.outlet.topic} as well; end it first: "
                "motions from here pass a safety filter of their own"
            )
        return why

    def lost(self) -> str:
        """Return which object is not known well enough, and why; empty for none."""
        return "" if self._objects is None else self._objects.problem(self.timeout)

    @property
    def topic(self) -> str:
        """The one of the joint states."""
        return str(self.node.resolve_topic_name(TOPIC))

    def wait(self, problem: Callable[[], str], patience: float | None = None) -> None:
        """Hear until ``problem`` returns nothing.

        Raises:
            StateError: with what it returns after ``patience`` s, its own where None is given.
        """
        if why := self.until(problem, self.patience if patience is None else patience):
            raise StateError(why)

    def until(self, problem: Callable[[], str], seconds: float) -> str:
        """Hear until ``problem`` returns nothing, so long at most; return what it said last."""
        end = time.monotonic() + seconds
        while (why := problem()) and time.monotonic() < end:
            self._spin(LOOK)
        return why

    def send(self, motion: Trajectory, start: float, opening: float | None) -> None:
        """Send a motion that begins at ``start``, s of the node's time."""
        moving = bool(motion.qd.any() or (self._motion and self._motion.qd.any()))
        self._motion, self._start = motion, start
        self.fault = self.fault or self.outlet.unfit()
        self.outlet.send(motion, opening, start, moving)

    def settle(self) -> None:
        """Hear until the motion sent last has come to rest."""
        if self._motion is not None:
            self.hear(self._start + self._motion.duration)

    def hear(self, until: float) -> None:
        """Hear until a time of the node's.

        Raises:
            StateError: where no joint state comes, or the clock is set back.
        """
        stream = self.outlet.stream
        longest = LOOK if stream is None else self.spec.control_period / STREAMED
        while (left := until - self.time.now()) > 0:
            if stream is not None and self._motion is not None:
                q, qd = self._motion.sample(self.time.now() - self._start)
                stream.send(q, qd, self._states.newest)
            self._spin(min(left, longest))
            if back := self._watch.went_back():
                raise StateError(f"the clock was set back by {back:.3f} s")
            if self._silent > SILENCE:
                why = self._states.problem(self.timeout) or "does /clock stand still?"
                raise StateError(f"no newer joint state on {self.topic}: {why}")

    def put_back(self, start: Start) -> None:
        """Let the simulation begin an episode at ``start``.

        Raises:
            StateError: where it refuses.
        """
        told = Parameter("start", value=messages.numbers_of(start, self._names))
        request = SetParameters.Request(parameters=[told.to_parameter_msg()])
        result = services.answer(self.wait, self._set, request, self.patience).results[0]
        if not result.successful:
            raise StateError(f"{SIMULATION}: start: {result.reason}")
        services.trigger(self.wait, self._reset, self.patience)

    def trigger(self, service: str, patience: float) -> None:
        """Call a service (``std_srvs/Trigger``) that may take ``patience`` s.

        Raises:
            StateError: where it is not there, does not answer or answers that it failed.
        """
        client = self.node.create_client(Trigger, service)
        try:
            services.trigger(self.wait, client, patience)
        finally:
            self.node.destroy_client(client)

    def forget(self) -> None:
        """Know nothing of what was heard: all may be elsewhere now."""
        self._states.forget()
        self.fault = ""
        if self._objects is not None:
            self._objects.positions.clear()

    def close(self) -> None:
        """Leave the graph; an arm whose controller does not interpolate comes to rest before."""
        if not self._context.ok():
            return
        try:
            if hasattr(self, "outlet") and self.outlet.stream is not None:
                self.settle()
        finally:
            if hasattr(self, "node"):
                self.node.destroy_node()
            try_shutdown(context=self._context)

    def _spin(self, seconds: float) -> None:
        begun, before = time.monotonic(), self._states.newest
        self._executor.spin_once(timeout_sec=seconds)
        heard = self._states.newest is not before
        self._silent = 0.0 if heard else self._silent + time.monotonic() - begun

    def _on_state(self, message: JointState) -> None:
        try:
            self._states.hear(message, self.timeout)
        except StateError:
            return  # What is refused is told once the last good one is too old.
        if self.gripper is not None:
            self.gripper.hear(message)

    def _lose(self, why: str) -> None:
        self.fault = why
