"""Terms of the objects that a task moves."""

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
    """Return the term of an input's position as seen from the tip, base axes, m, (b, 3)."""
    return lambda sight: sight.inputs[name] - sight.T_base_tip[:, :3, 3]


def _between(start: str, end: str) -> Compute:
    """Return the term of the way from one input's position to another's, m, (b, 3)."""
    return lambda sight: sight.inputs[end] - sight.inputs[start]


def _arrived(start: str, end: str) -> Compute:
    """Return the term that is 1 where an input is at another's position, 0 well away, (b, 1).

    Whether an object is in its place decides what comes next; in metres it hardly shows.
    """

    def arrived(sight: Sight) -> Array:
        share = (sight.inputs[end] - sight.inputs[start]) / ARRIVED
        return np.asarray(np.exp(-(share * share).sum(axis=1, keepdims=True)))

    return arrived


def _line_of(start: str, end: str) -> Compute:
    """Return the term of where the tip is on the line over the floor between two inputs, (b, 5).

    The line's direction; how far the tip is ahead of the first input along it, m; the way to
    the tip from the line, m. What a push does next changes with millimetres beside that line.
    """

    def line(sight: Sight) -> Array:
        return _lines(sight.inputs[start], sight.inputs[end], sight.T_base_tip)

    return line


@compiled
def _lines(start: Array, end: Array, T_base_tip: Array) -> Array:
    out = np.empty((start.shape[0], 5))
    for row in range(out.shape[0]):
        x, y = end[row, 0] - start[row, 0], end[row, 1] - start[row, 1]
        far = max(np.sqrt(x * x + y * y), TINY)
        along, across = x / far, y / far
        x, y = T_base_tip[row, 0, 3] - start[row, 0], T_base_tip[row, 1, 3] - start[row, 1]
        ahead = x * along + y * across
        out[row, 0], out[row, 1], out[row, 2] = along, across, ahead
        out[row, 3], out[row, 4] = x - ahead * along, y - ahead * across
    return out


def _next_of(sight: Sight, first: Compute, second: Compute) -> Array:
    """Return a term of the first object until it is placed, then of the second.

    A policy for two objects then needs little more than one for a single one.
    """
    way = sight.inputs["goal"] - sight.inputs["object"]
    placed = np.sqrt((way * way).sum(axis=1, keepdims=True)) <= PLACED
    return np.where(placed, second(sight), first(sight))


def _next_offset(sight: Sight) -> Array:
    """Position of the object to be moved now as seen from the tip, m, (b, 3)."""
    return _next_of(sight, _offset_of("object"), _offset_of("second"))


def _next_way(sight: Sight) -> Array:
    """Way from the object to be moved now to its goal, m, (b, 3)."""
    return _next_of(sight, _between("object", "goal"), _between("second", "stack_goal"))


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
