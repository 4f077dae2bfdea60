"""Node parameters with a description, a unit and a range."""

from typing import Any

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor

from robot_learning.robot import RobotSpec


def text(node: Any, name: str, default: str, description: str) -> str:
    """Declare a string parameter and return its value."""
    descriptor = ParameterDescriptor(description=description, read_only=True)
    return str(node.declare_parameter(name, default, descriptor).value)


def flag(node: Any, name: str, default: bool, description: str) -> bool:
    """Declare a boolean parameter and return its value."""
    descriptor = ParameterDescriptor(description=description, read_only=True)
    return bool(node.declare_parameter(name, default, descriptor).value)


def number(
    node: Any, name: str, default: float, low: float, high: float, description: str
) -> float:
    """Declare a number with its range and return its value."""
    bounds = FloatingPointRange(from_value=low, to_value=high)
    descriptor = ParameterDescriptor(
        description=description, read_only=True, floating_point_range=[bounds]
    )
    return float(node.declare_parameter(name, default, descriptor).value)


def integer(node: Any, name: str, default: int, low: int, high: int, description: str) -> int:
    """Declare a whole number with its range and return its value."""
    bounds = IntegerRange(from_value=low, to_value=high)
    descriptor = ParameterDescriptor(
        description=description, read_only=True, integer_range=[bounds]
    )
    return int(node.declare_parameter(name, default, descriptor).value)


def controller(node: Any, spec: RobotSpec) -> tuple[str, str]:
    """Declare ``controller_type`` and ``controller_topic`` and return them."""
    kind = text(
        node,
        "controller_type",
        spec.controller_type,
        "joint_trajectory_controller or forward_position_controller",
    )
    default = spec.controller_topic
    if kind != spec.controller_type:
        suffix = "joint_trajectory" if kind == "joint_trajectory_controller" else "commands"
        default = f"{kind}/{suffix}"
    return kind, text(node, "controller_topic", default, "topic the controller listens to")
