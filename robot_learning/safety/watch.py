"""What is wrong with a measured state or a command, before anything is computed from them."""

import math

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.arrays import are_finite
from robot_learning.base.compiled import compiled
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.safety.status import Cause

Array = NDArray[np.float64]
# A command is implausible above so many times the speed limit, or where the arm would need
# longer than this to get there, s.
FASTER = 10.0
LONGEST = 2.0
# What may be wrong with a state, and with a command, by number.
FAULTS = (None, Cause.BAD_STATE, Cause.STALE_STATE, Cause.TRACKING_ERROR)
REFUSALS = (None, Cause.BAD_COMMAND, Cause.IMPLAUSIBLE)


def unusable_state(state: ArmState | None, n: int, timeout: float, now: float) -> Cause | None:
    """Return why a measured state can't be used at ``now``, s, or None where it can."""
    if state is None:
        return Cause.STALE_STATE
    if not has_shape(state, n):
        return Cause.BAD_STATE
    return FAULTS[state_fault(state.q, state.qd, math.fabs(now - state.stamp), timeout)]


def has_shape(state: ArmState, n: int) -> bool:
    """Say whether a measured state is of ``n`` joints."""
    return state.q.shape == state.qd.shape == (n,)


@compiled
def state_fault(q: Array, qd: Array, age: float, timeout: float) -> int:
    """Return the place in ``FAULTS`` of what is wrong with a state (n,) of an age, s."""
    if not (are_finite(q) and are_finite(qd)):
        return 1
    return 0 if age <= timeout else 2


def why_unusable(state: ArmState | None, cause: Cause, timeout: float, now: float) -> str:
    """Return a cause in words, with the age of a state that is too old, s."""
    if state is None:
        return f"{cause.value} (no measured state)"
    if cause is not Cause.STALE_STATE:
        return cause.value
    return (
        f"{cause.value}: the newest is {now - state.stamp:.3f} s old, at most {timeout:g} s counts"
    )


def is_well_formed(command: JointCommand, n: int) -> bool:
    """Say whether a command is of ``n`` joints, and its opening a number."""
    for values in (command.q, command.acceleration):
        if values is not None and values.shape != (n,):
            return False
    return command.qd.shape == (n,) and (command.opening is None or math.isfinite(command.opening))


@compiled
def judge(asked_qd: Array, asked_q: Array, most: Array, q: Array, velocity: Array) -> int:
    """Return the index in ``REFUSALS`` for a command; all (n,).

    It is bad where a value is no finite number or an acceleration not above 0, and implausible
    where an arm at ``q`` can't be meant to go that fast or that far.
    """
    verdict = 0
    for k in range(q.shape[0]):
        numbers = np.isfinite(asked_qd[k]) and np.isfinite(asked_q[k]) and np.isfinite(most[k])
        if not (numbers and most[k] > 0.0):
            return 1
        fast = abs(asked_qd[k]) <= FASTER * velocity[k]
        if not (fast and abs(asked_q[k] - q[k]) <= LONGEST * velocity[k]):
            verdict = 2
    return verdict


@compiled
def within(values: Array, centre: Array, half: Array) -> bool:
    """Say whether each of ``values`` (n,) is within ``half`` (n,) of ``centre`` (n,)."""
    for k in range(values.shape[0]):
        if not abs(values[k] - centre[k]) <= half[k]:
            return False
    return True
