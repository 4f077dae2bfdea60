"""Observation terms: what a policy may see, computed alike in training and on the arm.

A term is a function of a :class:`Sight`. Its size may depend on the number of joints.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.objects import PLACED
from robot_learning.base.types import ArmState
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.differential import home_motion, resolve
from robot_learning.kinematics.model import rotation_vector

Array = NDArray[np.float64]
STEP_TIME = 0.06  # s
ARRIVED = 0.01  # m
TINY = 1e-9  # m; less than this has no direction
# Inputs that somebody tells, which stand until they tell otherwise; all others are measured.
GOALS = ("goal", "goal_rotation", "stack_goal")


@dataclass(frozen=True)
class Sight:
    """Everything a term may look at.

    Attributes:
        model: the arm.
        state: the measured joint state.
        T_base_tip: (4, 4) tip pose at that state, m.
        J: (6, n) Jacobian of the tip there, linear rows first, base frame.
        inputs: values of the inputs the node or the task gives, base frame, by name.
        previous_inputs: the same one policy period ago; empty at the start.
        previous_action: (n_action,) the last action, zeros at the start.
        period: the policy period, s.
    """

    model: ArmModel
    state: ArmState
    T_base_tip: Array
    J: Array
    inputs: Mapping[str, Array]
    previous_inputs: Mapping[str, Array]
    previous_action: Array
    period: float


@dataclass(frozen=True)
class Term:
    """One observation term.

    Attributes:
        compute: returns the (size,) values.
        size: values of the term for n joints and n_action actions.
        inputs: names of all inputs that it reads.
    """

    compute: Callable[[Sight], Array]
    size: Callable[[int, int], int]
    inputs: tuple[str, ...] = ()

    @property
    def of_goal(self) -> bool:
        """Whether it depends on a goal; hindsight replay changes goals and nothing else."""
        return any(name in GOALS for name in self.inputs)


def _joint_position(sight: Sight) -> Array:
    """Positions, -1 at the lower and 1 at the upper limit, (n,)."""
    spec = sight.model.spec
    return (2 * sight.state.q - spec.lower - spec.upper) / (spec.upper - spec.lower)


def _joint_velocity(sight: Sight) -> Array:
    """Velocities as a fraction of the speed limit, (n,)."""
    return sight.state.qd / sight.model.spec.velocity


def _joint_direction(sight: Sight) -> Array:
    """Cosine, then sine, of the joint positions, (2 n,)."""
    return np.concatenate([np.cos(sight.state.q), np.sin(sight.state.q)])


def _tip_position(sight: Sight) -> Array:
    """Tip position in the base frame, m, (3,)."""
    return sight.T_base_tip[:3, 3]


def _goal_step(sight: Sight) -> Array:
    """Joint velocities that would take the tip straight to the goal, at most 1 each, (n,).

    The damped least-squares step, covered in ``STEP_TIME``, as a fraction of the speed limits;
    shortened as a whole where a joint would pass 1. It spares the network the Jacobian, which
    differs from arm to arm; it knows no limits and no dynamics.
    """
    return _fraction(sight, sight.J[:3], sight.inputs["goal"] - sight.T_base_tip[:3, 3])


def _pose_step(sight: Sight) -> Array:
    """As ``goal_step``, to the goal's orientation as well, (n,)."""
    R_goal, T = sight.inputs["goal_rotation"], sight.T_base_tip
    offset = [sight.inputs["goal"] - T[:3, 3], rotation_vector(R_goal @ T[:3, :3].T)]
    return _fraction(sight, sight.J, np.concatenate(offset))


def _home_step(sight: Sight) -> Array:
    """Joint velocities toward home with the tip where it is, as fractions of limits, (n,)."""
    spec = sight.model.spec
    return home_motion(sight.state.q, sight.J[:3], spec.home, spec.velocity) / spec.velocity


def _fraction(sight: Sight, J: Array, offset: Array) -> Array:
    q, velocity = sight.state.q, sight.model.spec.velocity
    return resolve(q, J, offset / STEP_TIME, q, velocity, velocity) / velocity


def _tip_velocity(sight: Sight) -> Array:
    """Velocity of the tip in the base frame, m/s, (3,)."""
    return np.asarray(sight.J[:3] @ sight.state.qd)


def _tip_rotation(sight: Sight) -> Array:
    """First two columns of the tip's rotation, (6,); continuous (Zhou and others 2019)."""
    return sight.T_base_tip[:3, :2].T.ravel()


def _goal_rotation(sight: Sight) -> Array:
    """First two columns of the wanted rotation, (6,)."""
    return sight.inputs["goal_rotation"][:, :2].T.ravel()


def _position_of(name: str) -> Callable[[Sight], Array]:
    """Return the term of an input's position in the base frame, m, (3,)."""
    return lambda sight: sight.inputs[name]


def _offset_of(name: str) -> Callable[[Sight], Array]:
    """Return the term of an input's position as seen from the tip, base frame's axes, m, (3,)."""
    return lambda sight: sight.inputs[name] - sight.T_base_tip[:3, 3]


def _between(start: str, end: str) -> Callable[[Sight], Array]:
    """Return the term of the way from one input's position to another's, m, (3,)."""
    return lambda sight: sight.inputs[end] - sight.inputs[start]


def _arrived(start: str, end: str) -> Callable[[Sight], Array]:
    """Return the term that is 1 where an input is at another's position, 0 well away, (1,).

    Whether an object is in its place decides what comes next; in metres it hardly shows.
    """

    def arrived(sight: Sight) -> Array:
        share = (sight.inputs[end] - sight.inputs[start]) / ARRIVED
        return np.array([np.exp(-share @ share)])

    return arrived


def _line_of(start: str, end: str) -> Callable[[Sight], Array]:
    """Return the term of where the tip is on the line over the floor between two inputs, (5,).

    The line's direction; how far the tip is ahead of the first input along it, m; the way to
    the tip from the line, m. What a push does next changes with millimetres beside that line.
    """

    def line(sight: Sight) -> Array:
        way = (sight.inputs[end] - sight.inputs[start])[:2]
        offset = (sight.T_base_tip[:3, 3] - sight.inputs[start])[:2]
        ahead = way / max(float(np.linalg.norm(way)), TINY)
        along = offset @ ahead
        return np.array([*ahead, along, *(offset - along * ahead)])

    return line


def _next(values: Mapping[str, Array]) -> tuple[str, str]:
    """Return the object to move now, and its goal: the second once the first is placed.

    A policy for two objects then needs little more than one for a single one.
    """
    placed = np.linalg.norm(values["goal"] - values["object"]) <= PLACED
    return ("second", "stack_goal") if placed else ("object", "goal")


def _next_offset(sight: Sight) -> Array:
    """Position of the object to be moved now as seen from the tip, m, (3,)."""
    return _offset_of(_next(sight.inputs)[0])(sight)


def _next_way(sight: Sight) -> Array:
    """Way from the object to be moved now to its goal, m, (3,)."""
    return _between(*_next(sight.inputs))(sight)


def _velocity_of(name: str) -> Callable[[Sight], Array]:
    """Return the term of an input's velocity over the last policy period, m/s, (3,)."""

    def velocity(sight: Sight) -> Array:
        before = sight.previous_inputs.get(name, sight.inputs[name])
        return (sight.inputs[name] - before) / sight.period

    return velocity


def _previous_action(sight: Sight) -> Array:
    """The last action, (n_action,)."""
    return sight.previous_action


def _per_joint(n: int, _: int) -> int:
    return n


def _of_size(size: int) -> Callable[[int, int], int]:
    return lambda n, n_action: size


NEXT = ("object", "goal", "second", "stack_goal")
TERMS: dict[str, Term] = {
    "joint_position": Term(_joint_position, _per_joint),
    "joint_velocity": Term(_joint_velocity, _per_joint),
    "joint_direction": Term(_joint_direction, lambda n, _: 2 * n),
    "tip_position": Term(_tip_position, _of_size(3)),
    "tip_rotation": Term(_tip_rotation, _of_size(6)),
    "tip_velocity": Term(_tip_velocity, _of_size(3)),
    "goal_position": Term(_position_of("goal"), _of_size(3), ("goal",)),
    "goal_rotation": Term(_goal_rotation, _of_size(6), ("goal_rotation",)),
    "goal_velocity": Term(_velocity_of("goal"), _of_size(3), ("goal",)),
    "goal_step": Term(_goal_step, _per_joint, ("goal",)),
    "pose_step": Term(_pose_step, _per_joint, ("goal", "goal_rotation")),
    "home_step": Term(_home_step, _per_joint),
    "stack_goal": Term(_position_of("stack_goal"), _of_size(3), ("stack_goal",)),
    "next_offset": Term(_next_offset, _of_size(3), NEXT),
    "next_way": Term(_next_way, _of_size(3), NEXT),
    "gripper_opening": Term(_position_of("gripper_opening"), _of_size(1), ("gripper_opening",)),
    "previous_action": Term(_previous_action, lambda _, n_action: n_action),
}
for _name, _goal in (("object", "goal"), ("second", "stack_goal")):
    _both = (_name, _goal)
    TERMS |= {
        f"{_name}_position": Term(_position_of(_name), _of_size(3), (_name,)),
        f"{_name}_offset": Term(_offset_of(_name), _of_size(3), (_name,)),
        f"{_name}_velocity": Term(_velocity_of(_name), _of_size(3), (_name,)),
        f"{_name}_way": Term(_between(*_both), _of_size(3), _both),
        f"{_name}_line": Term(_line_of(*_both), _of_size(5), _both),
        f"{_name}_arrived": Term(_arrived(*_both), _of_size(1), _both),
    }
