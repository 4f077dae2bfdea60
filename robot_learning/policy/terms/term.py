"""What a term is, what it may look at, and the terms that any input has."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.kinematics import ArmModel

Array = NDArray[np.float64]
Compute = Callable[["Sight"], Array]
# Inputs that somebody tells, which stand until they tell otherwise; all others are measured.
GOALS = ("goal", "goal_rotation", "stack_goal")
OPENING = "gripper_opening"  # 0 closed to 1 open; what is neither this nor a goal is an object


@dataclass(slots=True)
class Sight:
    """Everything a term may look at, of b scenes at once.

    Attributes:
        model: the arm.
        q: (b, n) measured positions of the joints, rad or m.
        qd: (b, n) measured velocities, rad/s or m/s.
        T_base_tip: (b, 4, 4) tip poses there, m.
        J: (b, 6, n) Jacobians of the tip there, linear rows first, base frame.
        inputs: values (b, ...) of the inputs the node or the task gives, base frame, by name.
        velocity: returns the velocities (b, 3) of an input that is a position, by its name, over
            the last policy period, m/s.
        previous_action: (b, n_action) the last actions, zeros at the start.
    """

    model: ArmModel
    q: Array
    qd: Array
    T_base_tip: Array
    J: Array
    inputs: Mapping[str, Array]
    velocity: Callable[[str], Array]
    previous_action: Array


@dataclass(frozen=True)
class Term:
    """One observation term.

    Attributes:
        compute: returns the (b, size) values.
        size: number of values; or the same as a function of the numbers of joints and actions.
        inputs: names of all inputs that it reads.
        pairs: where in it an x and the y behind it turn with the scene about the vertical; all
            else stays as it is. None where it knows no such turn, as the joints of the arm.
        moves: whether it is a position, which moves with the scene.
    """

    compute: Compute
    size: int | Callable[[int, int], int]
    inputs: tuple[str, ...] = ()
    pairs: tuple[int, ...] | None = None
    moves: bool = False

    @property
    def of_goal(self) -> bool:
        """Whether it depends on a goal; hindsight replay changes goals and nothing else."""
        return any(name in GOALS for name in self.inputs)

    def length(self, n: int, n_action: int) -> int:
        """Return how many values it has for an arm of ``n`` joints."""
        return self.size if isinstance(self.size, int) else self.size(n, n_action)


def per_joint(n: int, n_action: int) -> int:
    """Return the size of a term with one value a joint."""
    return n


VECTOR = (0,)  # pairs of three numbers along the axes of the base frame


def value_of(name: str) -> Compute:
    """Return the term of an input as it is; a position in the base frame, m, (b, 3)."""
    return lambda sight: sight.inputs[name]


def velocity_of(name: str) -> Compute:
    """Return the term of an input's velocity over the last policy period, m/s, (b, 3)."""
    return lambda sight: sight.velocity(name)


def two_columns(T: Array) -> Array:
    """Return the first two columns (b, 6) of rotations (b, 3, 3), or of those of poses."""
    return T[:, :3, :2].transpose(0, 2, 1).reshape(-1, 6)
