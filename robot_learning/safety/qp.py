"""The only place that knows the solver of quadratic programmes."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import daqp
import numpy as np
from numpy.typing import NDArray

from robot_learning.base.arrays import are_finite
from robot_learning.safety.limits import project
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]


FAR = 1e30  # no bound, for the solver


class Cut(NamedTuple):
    """A half-space of velocities: ``normal @ qd >= bound``.

    Attributes:
        normal: (n,).
        bound: in the unit of ``normal @ qd``.
        cause: what it keeps.
    """

    normal: Array
    bound: float
    cause: Cause


def closest(asked: Array, lower: Array, upper: Array, cuts: Sequence[Cut]) -> Array | None:
    """Return the velocities (n,) nearest to ``asked`` inside bounds and cuts; None if none are.

    All arguments are (n,), rad/s or m/s. DAQP: Arnström, Bemporad, Axehill 2022, "A dual
    active-set solver for embedded quadratic programming using recursive LDL' updates".
    """
    n, m = len(asked), len(cuts)
    A, low, high = np.empty((m, n)), np.empty(n + m), np.full(n + m, FAR)
    low[:n], high[:n] = lower, upper
    for row, cut in enumerate(cuts):
        scale = max(math.sqrt(cut.normal @ cut.normal), 1e-9)
        A[row], low[n + row] = cut.normal / scale, cut.bound / scale
    found, _, flag, _ = daqp.solve(np.eye(n), -asked, A, high, low, np.zeros(n + m, np.int32))
    return project(found, lower, upper) if flag >= 1 and are_finite(found) else None
