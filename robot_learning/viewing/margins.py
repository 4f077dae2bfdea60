"""How far an arm at rest is from all that the filter keeps."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.geometry.shapes import Shape
from robot_learning.safety import Cause
from robot_learning.safety.clearance import Pair
from robot_learning.safety.guards import Guards

Array = NDArray[np.float64]


class Margin(NamedTuple):
    """What is nearest to its limit for one cause.

    Attributes:
        cause: that the filter would name.
        what: who is near to what.
        told: how far that is, and what is kept.
        room: what is left to the limit, m, rad, or m per joint unit; negative beyond it.
    """

    cause: Cause
    what: str
    told: str
    room: float


class Nearest(NamedTuple):
    """A pair and how near it is, m; ``ends`` (2, 3) are those of the connection, base frame."""

    what: str
    distance: float
    room: float
    ends: Array


def look(guards: Guards, q: Array, count: int) -> tuple[list[Margin], list[Nearest]]:
    """Return the margins at ``q`` (n,), a cause each, and the ``count`` pairs with least room."""
    arm = guards.arm
    boxed = guards.spec.safety.workspace is not None
    pairs = [p for p in guards.clearance.pairs if boxed or p.cause is not Cause.WORKSPACE]
    found = [(arm.distance(p.body, p.other, q), p) for p in pairs]
    found.sort(key=lambda each: each[0] - each[1].margin)
    margins = [_position(guards, q)]
    for distance, pair in found:
        if all(margin.cause is not pair.cause for margin in margins):
            told = f"{distance * 1e3:.1f} mm, {pair.margin * 1e3:.3g} kept"
            room = distance - pair.margin
            margins.append(Margin(pair.cause, _what(guards, pair), told, room))
    margins.append(_singularity(guards, q))
    nearest = [
        Nearest(
            _what(guards, pair),
            distance,
            distance - pair.margin,
            arm.connection(pair.body, pair.other, q),
        )
        for distance, pair in found[:count]
    ]
    return margins, nearest


def breaks(margins: list[Margin]) -> list[Cause]:
    """Return what an arm at rest with these margins is beyond of."""
    return [margin.cause for margin in margins if margin.room < 0]


def _position(guards: Guards, q: Array) -> Margin:
    spec = guards.spec
    rooms = np.minimum(q - spec.soft_lower, spec.soft_upper - q)
    k = int(np.argmin(rooms))
    unit, factor = ("mm", 1e3) if guards.arm.screws[k, 6] else ("°", np.rad2deg(1.0))
    told = f"{rooms[k] * factor:.1f} {unit} left".replace(" °", "°")
    return Margin(Cause.POSITION, spec.joints[k], told, float(rooms[k]))


def _singularity(guards: Guards, q: Array) -> Margin:
    value, limit = guards.singularity.value(q), guards.singularity.limit
    stop = guards.spec.safety.singularity.stop
    told = f"{value / limit * stop:.1%} of reach, {stop:.1%} kept"
    return Margin(Cause.SINGULARITY, "tip", told, value - limit)


def _what(guards: Guards, pair: Pair) -> str:
    bodies, other = guards.arm.bodies, pair.other
    second = other.name if isinstance(other, Shape) else bodies[other].name
    return f"{bodies[pair.body].name} – {second}"
