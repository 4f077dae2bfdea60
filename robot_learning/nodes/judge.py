"""How far an arm is from its goal, as an observer beside the policy sees it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from robot_learning.base.types import ArmState, Input
from robot_learning.kinematics import ArmModel
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.frames import Frames
from robot_learning.nodes.gripper import GripperState
from robot_learning.nodes.objects import TRACKED, ObjectPoses
from robot_learning.policy import History, Interface
from robot_learning.policy.terms import OPENING

Array = NDArray[np.float64]


class Judge:
    """Hears of the objects that a policy hears of, and measures the distance to a goal.

    Args:
        node: who hears.
        interface: of the policy.
        model: the arm.
        clock: the node's time.
    """

    def __init__(self, node: Any, interface: Interface, model: ArmModel, clock: NodeTime) -> None:
        self._interface, self._model = interface, model
        frames, gripper = Frames(node, model.spec), model.spec.gripper
        self._gripper = None if gripper is None else GripperState(gripper, clock)
        self._objects = ObjectPoses(node, interface.objects, clock, frames, topics=TRACKED)

    def hear(self, message: JointState) -> None:
        """Take over what joint states tell of the gripper."""
        if self._gripper is not None:
            self._gripper.hear(message)

    @property
    def positions(self) -> Mapping[str, Input]:
        """Where the objects are, (3,), base frame, m."""
        return self._objects.positions

    @property
    def opening(self) -> float | None:
        """Of the gripper, 0 closed to 1 open; None where nobody tells."""
        return None if self._gripper is None else self._gripper.fraction()

    def distance(self, state: ArmState, goal: Mapping[str, Array]) -> float:
        """Return how far a goal is, m, as the policy counts it; infinite before all is known."""
        inputs = {name: Input(value, state.stamp) for name, value in goal.items()}
        inputs |= self._objects.positions
        if self._gripper is not None and self._gripper.opening is not None:
            inputs[OPENING] = self._gripper.opening
        if not inputs.keys() >= self._interface.needs.keys():
            return np.inf
        flat = self._interface.observe(self._model, state, inputs, History.start(self._interface))
        return self._interface.distance(flat)
