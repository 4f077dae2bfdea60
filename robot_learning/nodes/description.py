"""What a running robot tells of itself: its URDF, and the controllers that listen."""

import time
from typing import Any

import rclpy
from rcl_interfaces.srv import GetParameters
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import try_shutdown
from std_msgs.msg import String

from robot_learning.base.errors import StateError
from robot_learning.robot.controllers import Heard
from robot_learning.robot.schema import ControllerType

TOPIC = "robot_description"
PATIENCE = 10.0  # s for the description
QUIET = 0.5  # s without anything new, after which all who are there are known
MOST = 5.0  # s for that
ANSWER = 2.0  # s for a controller to say which joints it moves
# How a topic that a controller listens to is known: its type and the end of its name.
KINDS: dict[str, tuple[str, ControllerType]] = {
    "trajectory_msgs/msg/JointTrajectory": ("/joint_trajectory", "joint_trajectory_controller"),
    "std_msgs/msg/Float64MultiArray": ("/commands", "forward_position_controller"),
}


def hear(topic: str = TOPIC, patience: float = PATIENCE) -> tuple[str, list[Heard]]:
    """Return the URDF that a running robot publishes, and the controllers that listen.

    Args:
        topic: of type ``std_msgs/String``.
        patience: s until it is an error that nothing comes.

    Raises:
        StateError: naming the topic.
    """
    context = Context()
    rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
    node: Any = Node("robot_add", context=context, start_parameter_services=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    try:
        return _description(node, executor, topic, patience), _controllers(node, executor)
    finally:
        executor.shutdown()
        node.destroy_node()
        try_shutdown(context=context)


def _description(node: Any, executor: Any, topic: str, patience: float) -> str:
    heard: list[str] = []
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(String, topic, lambda message: heard.append(message.data), latched)
    end = time.monotonic() + patience
    while not heard and time.monotonic() < end:
        executor.spin_once(timeout_sec=0.1)
    name = node.resolve_topic_name(topic)
    if not heard:
        there = node.count_publishers(name)
        why = "its publisher is not transient local" if there else "nobody publishes it"
        raise StateError(
            f"{name}: no URDF in {patience:g} s, {why}; start robot_state_publisher, "
            "or give a file"
        )
    if not heard[0].strip():
        raise StateError(f"{name}: an empty text came in place of a URDF")
    return heard[0]


def _controllers(node: Any, executor: Any) -> list[Heard]:
    """Return the controllers that listen; their joints where they tell them."""
    _meet(node, executor)
    found = []
    for topic, types in node.get_topic_names_and_types():
        for kind in types:
            ending, controller = KINDS.get(kind, ("", None))
            if controller and topic.endswith(ending) and node.count_subscribers(topic):
                owner = topic.removesuffix(ending)
                found.append(Heard(controller, topic, _joints(node, executor, owner)))
    return found


def _meet(node: Any, executor: Any) -> None:
    """Wait until nobody new is discovered."""
    known: Any = None
    since = began = time.monotonic()
    while time.monotonic() - since < QUIET and time.monotonic() - began < MOST:
        executor.spin_once(timeout_sec=0.05)
        topics = node.get_topic_names_and_types()
        there = [(topic, node.count_subscribers(topic)) for topic, _ in topics]
        if there != known:
            known, since = there, time.monotonic()


def _joints(node: Any, executor: Any, owner: str) -> tuple[str, ...]:
    """Return which joints a controller moves, by its parameter ``joints``."""
    client = node.create_client(GetParameters, f"{owner}/get_parameters")
    try:
        if not client.service_is_ready() and not client.wait_for_service(ANSWER / 2):
            return ()
        future = client.call_async(GetParameters.Request(names=["joints"]))
        executor.spin_until_future_complete(future, timeout_sec=ANSWER)
        answer = future.result()
        return tuple(answer.values[0].string_array_value) if answer and answer.values else ()
    finally:
        node.destroy_client(client)
