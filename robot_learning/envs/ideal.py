"""A scene as sensors without delay or noise would tell it, for a teacher."""

from collections.abc import Mapping
from dataclasses import dataclass

from robot_learning.base.types import ArmState, Input
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, Interface
from robot_learning.tasks import Task


@dataclass
class Ideal:
    """What no policy sees, and what all that a policy sees is a late and noisy picture of.

    Attributes:
        task: what is to be done.
        interface: what an action stands for.
        model: the arm.
        history: what was asked for, and what was told then.
        inputs: goals, and where the objects are.
        state: of the arm.
        delay: how late a decision of now takes effect, s.
    """

    task: Task
    interface: Interface
    model: ArmModel
    history: History
    inputs: Mapping[str, Input]
    state: ArmState
    delay: float
