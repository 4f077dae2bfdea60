"""Node parameters with a description, a unit and a range."""

from collections.abc import Collection
from typing import Any, get_args

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

from robot_learning.base.errors import ConfigError
from robot_learning.base.periods import (
    CLOCK_PERIODS,
    COMMAND_PERIODS,
    EPISODES,
    SETTLE_PERIODS,
    STATE_PERIODS,
    STREAMED,
)
from robot_learning.policy import PolicyRunner
from robot_learning.robot import RobotSpec
from robot_learning.robot.gripper import TOPICS, Gripper, check_shared
from robot_learning.robot.schema import ControllerType, usual_topic


def text(node: Any, name: str, default: str, description: str, *, read_only: bool = True) -> str:
    """Declare a string parameter and return its value."""
    descriptor = ParameterDescriptor(description=description, read_only=read_only)
    return str(node.declare_parameter(name, default, descriptor).value)


def flag(node: Any, name: str, default: bool, description: str) -> bool:
    """Declare a boolean parameter and return its value."""
    descriptor = ParameterDescriptor(description=description, read_only=True)
    return bool(node.declare_parameter(name, default, descriptor).value)


def number(
    node: Any,
    name: str,
    default: float,
    low: float,
    high: float,
    description: str,
    *,
    read_only: bool = True,
) -> float:
    """Declare a number with its range and return its value."""
    bounds = FloatingPointRange(from_value=low, to_value=high)
    descriptor = ParameterDescriptor(
        description=description, read_only=read_only, floating_point_range=[bounds]
    )
    return float(node.declare_parameter(name, default, descriptor).value)


def integer(
    node: Any,
    name: str,
    default: int,
    low: int,
    high: int,
    description: str,
    *,
    read_only: bool = True,
) -> int:
    """Declare a whole number with its range and return its value."""
    bounds = IntegerRange(from_value=low, to_value=high)
    descriptor = ParameterDescriptor(
        description=description, read_only=read_only, integer_range=[bounds]
    )
    return int(node.declare_parameter(name, default, descriptor).value)


def numbers(node: Any, name: str, description: str) -> None:
    """Declare a list of numbers that may be set while the node runs, empty at first."""
    # An empty list has no type of its own.
    descriptor = ParameterDescriptor(description=description, dynamic_typing=True)
    node.declare_parameter(name, [], descriptor)


class Timeout:
    """A time-out in s that may be set while the node runs; 0 stands for so many periods.

    Args:
        node: whose parameter it is.
        name: of the parameter.
        periods: how many of them 0 stands for.
        kind: of the periods, ``control`` or ``policy``.
        description: what times out.
        longest: the largest value, s.
    """

    def __init__(
        self,
        node: Any,
        name: str,
        periods: int,
        kind: str,
        description: str,
        longest: float = 1.0,
    ) -> None:
        self._node, self._name, self._periods = node, name, periods
        told = f"{description}, s; 0: {periods} {kind} periods"
        number(node, name, 0.0, 0.0, longest, told, read_only=False)

    def of(self, period: float) -> float:
        """Return the time-out, s, where ``period`` is what it is counted in, s."""
        return float(self._node.get_parameter(self._name).value) or self._periods * period


class PolicyTimes:
    """What ends a goal of a policy, and what of that which is measured counts.

    Args:
        node: whose parameters they are.
    """

    def __init__(self, node: Any) -> None:
        self.state = Timeout(
            node, "state_timeout", STATE_PERIODS, "control", "age at which a joint state is stale"
        ).of
        told = "age at which the pose of an object is stale"
        self.object = Timeout(node, "object_timeout", STATE_PERIODS, "control", told).of
        told = "largest standard deviation of an object's position that counts, m; 0: the bundle's"
        number(node, "object_deviation", 0.0, 0.0, 1.0, told, read_only=False)
        told = "time inside the tolerance after which a goal is reached"
        self._settle = Timeout(node, "settle_time", SETTLE_PERIODS, "policy", told, longest=60.0)
        self._node = node
        told = f"time for a goal, s; 0: {EPISODES} episodes of the bundle's task"
        number(node, "goal_timeout", 0.0, 0.0, 3600.0, told, read_only=False)

    def settle(self, period: float) -> float:
        """Return the time inside the tolerance, s, for a policy period, s."""
        return self._settle.of(period)

    def timeout(self, runner: PolicyRunner) -> float:
        """Return the time for a goal, s; 0 where neither parameter nor bundle says."""
        asked = float(self._node.get_parameter("goal_timeout").value)
        steps = runner.bundle.episode_steps or 0
        return asked or EPISODES * steps * runner.spec.policy_period

    def deviation(self, runner: PolicyRunner) -> float:
        """Return the largest standard deviation of an object's position that counts, m."""
        asked = float(self._node.get_parameter("object_deviation").value)
        return asked or runner.bundle.object_deviation


class SafetyTimeouts:
    """What the safety node waits for, s.

    Args:
        node: whose parameters they are.
        spec: the robot whose periods count.
    """

    def __init__(self, node: Any, spec: RobotSpec) -> None:
        self._spec = spec
        self._state = Timeout(
            node, "state_timeout", STATE_PERIODS, "control", "age at which a joint state is stale"
        )
        self._command = Timeout(
            node, "command_timeout", COMMAND_PERIODS, "policy", "age at which a command is stale"
        )
        told = "steady time without ROS time after which the clock stands still"
        self._clock = Timeout(node, "clock_timeout", CLOCK_PERIODS, "control", told, longest=60.0)
        self.stream = stream_period(node, spec)

    @property
    def state(self) -> float:
        """Age at which a joint state is stale."""
        return self._state.of(self._spec.control_period)

    @property
    def command(self) -> float:
        """Age at which a command is stale."""
        return self._command.of(self._spec.policy_period)

    @property
    def clock(self) -> float:
        """Steady time without ROS time after which the clock stands still."""
        return self._clock.of(self._spec.control_period)


def stream_period(node: Any, spec: RobotSpec) -> float:
    """Declare ``stream_period`` and return it, s."""
    told = "for forward_position_controller and forward_velocity_controller, s; 0: a tenth of the "
    stream = number(node, "stream_period", 0.0, 0.0, 0.1, f"{told}control period")
    return stream or spec.control_period / STREAMED


def controller(node: Any, spec: RobotSpec) -> tuple[str, str]:
    """Declare ``controller_type`` and ``controller_topic`` and return them.

    Raises:
        ConfigError: where there is no such type.
    """
    kind = _type(node, "controller_type", spec.controller_type, get_args(ControllerType))
    default = spec.controller_topic if kind == spec.controller_type else usual_topic(kind)
    return kind, text(node, "controller_topic", default, "topic the controller listens to")


def gripper_controller(
    node: Any, spec: RobotSpec, gripper: Gripper, arm: tuple[str, str]
) -> tuple[str, str]:
    """Declare ``gripper_controller_type`` and ``gripper_controller_topic`` and return them.

    Args:
        node: whose parameters they are.
        spec: the robot.
        gripper: its gripper.
        arm: type and topic of the arm's controller; a gripper that is part of it goes with it.

    Raises:
        ConfigError: where there is no such type, or the arm's topic can't be shared.
    """
    kind = _type(node, "gripper_controller_type", gripper.controller_type, TOPICS)
    default = TOPICS[kind]
    if kind == gripper.controller_type:
        shared = gripper.controller_topic == spec.controller_topic
        default = arm[1] if shared else gripper.controller_topic
    name = "gripper_controller_topic"
    found = kind, text(node, name, default, "topic the gripper's controller listens to")
    check_shared(f"{node.get_name()}: {name}", found, arm)
    return found


def _type(node: Any, name: str, default: str, known: Collection[str]) -> str:
    kind = text(node, name, default, " or ".join(known))
    if kind not in known:
        raise ConfigError(
            f"{node.get_name()}: {name} '{kind}': expected one of {', '.join(known)}"
        )
    return kind
