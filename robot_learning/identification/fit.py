"""A delay and a first-order lag, fitted to what an arm was told and where it was measured."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.signal import bilinear, lfilter

from robot_learning.identification.excitation import Record

Array = NDArray[np.float64]
GRID = 0.002  # s, between two points of the reference
LONGEST = 0.4  # s, of a delay and of a lag
# Delay and lag, s; bandwidth of the position loop, rad/s, and its damping.
LOWEST, HIGHEST = (0.0, 0.0, 15.0, 0.3), (LONGEST, LONGEST, 600.0, 3.0)
SCALE = (0.01, 0.01, 50.0, 0.5)
GUESSES = ((0.05, 0.02, 100.0, 1.0), (0.05, 0.1, 60.0, 1.0))
STIFF = (2000.0, 1.0)  # where the position loop leaves no trace
LEAST = 2e-5  # rad or m; what is left over below this says nothing
WORTH = 2.0  # that the loop's two parameters explain at least, to be taken (Akaike 1974)
BLOCK = 1.0  # s in which what is left over hangs together
NORMAL = 1.96  # deviations of a normal distribution that hold 95 %


@dataclass(frozen=True)
class Fit:
    """How an arm follows: ``q(t)`` is the reference at ``t - delay``, after a first-order lag.

    A position loop with velocity feed-forward follows behind the lag. Each joint may be off by a
    constant and by what is proportional to positions, as gravity bends it.

    Attributes:
        delay: s, common to all joints.
        delay_error: half of its 95 % interval, s.
        lag: time constant, s, common to all joints.
        lag_error: half of its 95 % interval, s.
        servo: bandwidth of the position loop, rad/s; 2000 where it leaves no trace.
        damping: of the position loop, as a share of the critical.
        joint_lags: (n,) of each joint by itself, with the common delay, s.
        joint_lag_errors: (n,) halves of their 95 % intervals, s.
        residual: (n,) root mean square of what is left over, rad or m.
    """

    delay: float
    delay_error: float
    lag: float
    lag_error: float
    servo: float
    damping: float
    joint_lags: Array
    joint_lag_errors: Array
    residual: Array


def fit(record: Record) -> Fit:
    """Fit a record by least squares."""
    stamps, q = np.array(record.stamps), np.array(record.q)
    fresh = np.append(True, np.diff(stamps) > 0)
    stamps, q = stamps[fresh], q[fresh]
    grid = np.arange(stamps[0] - 2 * LONGEST, stamps[-1] + GRID, GRID)
    reference = record.reference(grid)
    reference -= reference[0]
    n, blocks = q.shape[1], ((stamps - stamps[0]) / BLOCK).astype(int)

    def left(joints: range, delay: float, lag: float, *servo: float) -> Array:
        servo = servo or STIFF
        followed = _followed(reference[:, joints], lag, *servo)
        at = [np.interp(stamps - delay, grid, each) for each in followed.T]
        return np.array([_unexplained(q, k, each) for k, each in zip(joints, at, strict=True)])

    # At first all joints count alike, then as well as they are explained.
    first = _best(lambda x: left(range(n), *x).ravel(), GUESSES)
    weight = 1 / (_rms(left(range(n), *first.x))[:, None] + LEAST)
    full, simple = (
        _best(lambda x: (weight * left(range(n), *x)).ravel(), guesses)
        for guesses in ([first.x], [guess[:2] for guess in GUESSES])
    )
    common = full if simple.cost - full.cost > WORTH else simple
    delay, lag, *servo = common.x.tolist()
    errors = _errors(common, np.tile(blocks, n)).tolist()
    own = []
    for k in range(n):
        one = range(k, k + 1)
        found = _best(partial(lambda one, x: left(one, delay, x[0], *servo)[0], one), [(lag,)])
        own.append((found.x[0], _errors(found, blocks)[0]))
    lags, lag_errors = np.array(own).T
    residual = _rms(left(range(n), *common.x))
    speed, damping = servo or STIFF
    return Fit(delay, errors[0], lag, errors[1], speed, damping, lags, lag_errors, residual)


def _rms(values: Array) -> Array:
    return np.asarray(np.sqrt(np.mean(values**2, axis=-1)))


def _best(left: Callable[[Array], Array], guesses: Sequence[Any]) -> Any:
    """Return the least squares of the guesses' best; they are first parameters of all, or all."""
    size = len(guesses[0])
    bounds, scale = (LOWEST[:size], HIGHEST[:size]), SCALE[:size]
    found = [least_squares(left, x, bounds=bounds, x_scale=scale, ftol=1e-6) for x in guesses]
    return min(found, key=lambda result: float(result.cost))


def _unexplained(q: Array, k: int, followed: Array) -> Array:
    """Return what is left of a joint's positions (m,) where it followed so."""
    off = q[:, k] - followed
    others = np.column_stack([np.ones(len(q)), np.delete(q, k, axis=1), followed])
    return off - others @ np.linalg.lstsq(others, off, rcond=None)[0]


def _followed(reference: Array, lag: float, servo: float, damping: float) -> Array:
    """Return references (k, n) after a lag, s, and a servo with velocity feed-forward."""
    for above, below in (
        ([1.0], [lag, 1.0]),
        ([2 * damping * servo, servo**2], [1.0, 2 * damping * servo, servo**2]),
    ):
        reference = lfilter(*bilinear(above, below, 1 / GRID), reference, axis=0)
    return reference


def _errors(found: Any, blocks: Array) -> Array:
    """Return halves of the 95 % intervals of parameters where what is left hangs together.

    Blocks of it are taken as independent of each other, not single values (Liang, Zeger 1986).
    """
    J, off = found.jac, found.fun
    scores = np.array([J[blocks == b].T @ off[blocks == b] for b in np.unique(blocks)])
    inverse = np.linalg.pinv(J.T @ J)
    return NORMAL * np.sqrt(np.diag(inverse @ (scores.T @ scores) @ inverse))
