"""Terms of the objects that a task moves."""

from collections.abc import Mapping

import numpy as np

from robot_learning.base.compiled import compiled
from robot_learning.base.objects import PLACED
from robot_learning.policy.terms.term import (
    VECTOR,
    Array,
    Compute,
    Sight,
    Term,
    value_of,
    velocity_of,
)

ARRIVED = 0.01  # m
TINY = 1e-9  # m; less than this has no direction
NEXT = ("object", "goal", "second", "stack_goal")


def _offset_of(name: str) -> Compute:
    """Return the term of an input's position as seen from the tip, base frame's axes, m, (3,)."""
    return lambda sight: sight.inputs[name] - sight.T_base_tip[:3, 3]


def _between(start: str, end: str) -> Compute:
    """Return the term of the way from one input's position to another's, m, (3,)."""
    return lambda sight: sight.inputs[end] - sight.inputs[start]


def _arrived(start: str, end: str) -> Compute:
    """Return the term that is 1 where an input is at another's position, 0 well away, (1,).

    Whether an object is in its place decides what comes next; in metres it hardly shows.
    """

    def arrived(sight: Sight) -> Array:
        share = (sight.inputs[end] - sight.inputs[start]) / ARRIVED
        return np.array([np.exp(-share @ share)])

    return arrived


def _line_of(start: str, end: str) -> Compute:
    """Return the term of where the tip is on the line over the floor between two inputs, (5,).

    The line's direction; how far the tip is ahead of the first input along it, m; the way to
    the tip from the line, m. What a push does next changes with millimetres beside that line.
    """

    def line(sight: Sight) -> Array:
        return _line(sight.inputs[start], sight.inputs[end], sight.T_base_tip)

    return line


@compiled
def _line(start: Array, end: Array, T_base_tip: Array) -> Array:
    out = np.empty(5)
    x, y = end[0] - start[0], end[1] - start[1]
    far = max(np.sqrt(x * x + y * y), TINY)
    out[0], out[1] = x / far, y / far
    x, y = T_base_tip[0, 3] - start[0], T_base_tip[1, 3] - start[1]
    out[2] = x * out[0] + y * out[1]
    out[3], out[4] = x - out[2] * out[0], y - out[2] * out[1]
    return out


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


def _of(name: str, goal: str) -> dict[str, Term]:
    """Return all terms of one object that has a goal."""
    both = (name, goal)
    return {
        f"{name}_position": Term(value_of(name), 3, (name,), VECTOR, moves=True),
        f"{name}_offset": Term(_offset_of(name), 3, (name,), VECTOR),
        f"{name}_velocity": Term(velocity_of(name), 3, (name,), VECTOR),
        f"{name}_way": Term(_between(*both), 3, both, VECTOR),
        f"{name}_line": Term(_line_of(*both), 5, both, (0, 3)),
        f"{name}_arrived": Term(_arrived(*both), 1, both, ()),
    }


TERMS = {
    **_of("object", "goal"),
    **_of("second", "stack_goal"),
    "next_offset": Term(_next_offset, 3, NEXT, VECTOR),
    "next_way": Term(_next_way, 3, NEXT, VECTOR),
}
