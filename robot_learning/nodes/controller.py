"""Who listens where an arm's commands go: its controller, another one, or nobody."""

from collections.abc import Sequence
from typing import Any

from rcl_interfaces.srv import GetParameters

from robot_learning.nodes.sources import UNKNOWN

LISTENERS = ("guard_node", "view_node", "demo_node")  # of this package, that move nothing
TRAJECTORIES = "trajectory_msgs/msg/JointTrajectory"
NUMBERS = "std_msgs/msg/Float64MultiArray"


class ControllerWatch:
    """Looks at who listens to a controller's topic, and asks which joints it moves.

    The controllers of ros2_control are nodes whose parameter ``joints`` says so. One that does
    not answer, as a driver with a topic of its own, is taken for the right one.

    Args:
        node: who asks.
        topic: that the controller listens to.
        kind: its type.
        joints: that it is to move, in this order.
    """

    def __init__(self, node: Any, topic: str, kind: str, joints: Sequence[str]) -> None:
        self._node, self._topic, self._kind = node, topic, kind
        self._joints = list(joints)
        self._form = TRAJECTORIES if kind == "joint_trajectory_controller" else NUMBERS
        self._asked = ""
        self._client: Any = None
        self._answer: Any = None

    def problem(self) -> str:
        """Say what is wrong with the controller; empty for nothing."""
        heard = self._node.get_subscriptions_info_by_topic(self._topic)
        listeners = [info for info in heard if info.node_name not in LISTENERS]
        if not listeners:
            return f"no controller listens to {self._topic}"
        fitting = [info for info in listeners if info.topic_type == self._form]
        if not fitting:
            other = listeners[0]
            return (
                f"{other.node_name} listens to {self._topic} for {other.topic_type}, and a "
                f"{self._kind} is sent {self._form}: set controller_type, or another topic"
            )
        self._ask(fitting[0])
        return self.other_joints()

    def other_joints(self) -> str:
        """Say in which joints the controller differs, as far as it has told; empty for none."""
        if self._answer is None or not self._answer.done():
            return ""
        values = getattr(self._answer.result(), "values", ())
        told = [str(name) for value in values for name in value.string_array_value]
        if not told or told == self._joints:
            return ""
        by_name = self._form == TRAJECTORIES
        if by_name and set(told) == set(self._joints):
            return ""
        return (
            f"{self._asked} moves {', '.join(told)}{'' if by_name else ', in this order'}; it is "
            f"sent {', '.join(self._joints)}"
        )

    def _ask(self, listener: Any) -> None:
        """Ask for the joints of a controller that has not been asked yet."""
        name = f"{listener.node_namespace.rstrip('/')}/{listener.node_name}"
        if UNKNOWN in name or (name == self._asked and self._answer is not None):
            return
        if name != self._asked:
            if self._client is not None:
                self._node.destroy_client(self._client)
            self._asked, self._answer = name, None
            self._client = self._node.create_client(GetParameters, f"{name}/get_parameters")
        if self._client.service_is_ready():
            self._answer = self._client.call_async(GetParameters.Request(names=["joints"]))
