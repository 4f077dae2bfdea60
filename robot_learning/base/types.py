"""What travels between the layers: states and commands, with joints in ``RobotSpec`` order."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
FLOAT = np.dtype(np.float64)


def frozen_array(values: ArrayLike) -> Array:
    """Return ``values`` as a read-only float64 array; a copy, if anybody could write to them."""
    if isinstance(values, np.ndarray) and values.dtype == FLOAT and not values.flags.writeable:
        if not isinstance(values.base, np.ndarray) or not values.base.flags.writeable:
            return values
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


@dataclass(frozen=True)
class ArmState:
    """A measured state.

    Attributes:
        q: (n,) joint positions, rad or m.
        qd: (n,) joint velocities, rad/s or m/s.
        stamp: when it was measured, s on the clock of the node or the environment.
    """

    q: Array
    qd: Array
    stamp: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "q", frozen_array(self.q))
        object.__setattr__(self, "qd", frozen_array(self.qd))


@dataclass(frozen=True)
class JointCommand:
    """What a command source asks for, before the safety filter.

    Attributes:
        qd: (n,) velocities wanted, rad/s or m/s.
        q: (n,) positions wanted at the end of the control period, rad or m; None where the
            source commands velocities alone.
        acceleration: (n,) most acceleration on the way there, rad/s² or m/s²; None for what the
            arm can do. It shapes a command that holds for several control periods.
        opening: of the gripper wanted, 0 closed to 1 open; None leaves it as it is.
    """

    qd: Array
    q: Array | None = None
    opening: float | None = None
    acceleration: Array | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "qd", frozen_array(self.qd))
        if self.q is not None:
            object.__setattr__(self, "q", frozen_array(self.q))
        if self.acceleration is not None:
            object.__setattr__(self, "acceleration", frozen_array(self.acceleration))


@dataclass(frozen=True)
class Input:
    """A value that a topic or a task gives.

    Attributes:
        value: array in the base frame; a position is (3,) m, a rotation (3, 3).
        stamp: when it was measured or set, s.
    """

    value: Array
    stamp: float


@dataclass(frozen=True)
class Scene:
    """What a simulation holds at one time besides the arm.

    Attributes:
        bodies: (13,) of each object, base frame: position, m, quaternion (x, y, z, w), velocity,
            m/s, and angular velocity, rad/s.
        fingers: (k,) positions of the gripper's joints, rad or m; empty for where it is sent.
    """

    bodies: Mapping[str, Array] = field(default_factory=dict)
    fingers: Array = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True)
class Start:
    """How an episode begins.

    Attributes:
        q: (n,) configuration, at rest.
        opening: that the gripper is sent to, 0 closed to 1 open.
        places: position (3,), base frame, m, and turn about the vertical, rad, of each object.
        scene: where a simulation is to go on from; its bodies come before ``places``.
    """

    q: Array
    opening: float = 0.0
    places: Mapping[str, tuple[Array, float]] = field(default_factory=dict)
    scene: Scene | None = None


@dataclass(frozen=True)
class Snapshot:
    """What is true of a world at one time.

    Attributes:
        state: of the arm.
        inputs: what else may be measured, by name: positions of objects, the gripper's opening.
    """

    state: ArmState
    inputs: Mapping[str, Input] = field(default_factory=dict)
