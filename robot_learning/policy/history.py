"""What a policy remembers, and what follows from it for when a command takes effect."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.compiled import compiled
from robot_learning.base.types import ArmState, Input, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.differential import shorten
from robot_learning.policy.terms import GOALS

if TYPE_CHECKING:
    from robot_learning.policy.interface import Interface

Array = NDArray[np.float64]
REMEMBERED = 10  # control periods; more than a state may be old and an arm late together
SLOW = 0.01  # m/s; a tip slower than this carries nothing


@dataclass
class History:
    """What a policy remembers from one step to the next.

    Attributes:
        previous_action: (n_action,) the last action, zeros at the start.
        asked: (REMEMBERED, n) velocities of the joints that it asked for, at the end of each of
            the last control periods, the newest first, as the filter shapes them, rad/s or m/s.
        control_period: s.
        every: control periods in one policy period.
        previous_inputs: what it was told when it last decided, by name.
    """

    previous_action: Array
    asked: Array
    control_period: float
    every: int
    previous_inputs: dict[str, Array] = field(default_factory=dict)

    @classmethod
    def start(cls, interface: "Interface") -> "History":
        """Return the memory of an episode that has just begun."""
        return cls(
            np.zeros(interface.n_action),
            np.zeros((REMEMBERED, len(interface.joints))),
            interface.control_period,
            interface.policy_every,
        )

    def push(self, action: ArrayLike, inputs: Mapping[str, Input], command: JointCommand) -> None:
        """Remember an action (n_action,), the inputs that it answered, and what it stands for."""
        push_all([self], [action], [inputs], [command])

    def velocity(self, name: str, item: Input) -> Array:
        """Return the velocity (3,) of an input that is a position, m/s."""
        period = self.control_period * self.every
        return (item.value - self.previous_inputs.get(name, item.value)) / period

    def ahead(
        self, model: ArmModel, state: ArmState, inputs: Mapping[str, Input], lead: float
    ) -> tuple[ArmState, dict[str, Array]]:
        """Return the arm, and the values of the inputs, ``lead`` s after the state.

        All goes on as it moves; the arm also makes up for what it was asked for since, and takes
        along what moves as its tip does.
        """
        values = {name: item.value for name, item in inputs.items()}
        if not lead:
            return state, values
        last = min(round(lead / self.control_period), REMEMBERED - 1)
        since = self.asked[:last] - self.asked[last]
        q, qd = state.q + lead * state.qd, state.qd
        if last:
            # By the trapezoidal rule, from 0 where the state was measured to the newest.
            gained = self.control_period * (since.sum(axis=0) - since[0] / 2)
            q, qd = q + gained, qd + since[0]
        moving = {
            name: self.velocity(name, item)
            for name, item in inputs.items()
            if item.value.shape == (3,)
        }
        for name, velocity in moving.items():
            values[name] = values[name] + lead * velocity
        moved = [name for name in moving if name not in GOALS]
        if last and moved:
            J = model.jacobian(state.q)[:3]
            tip, step = J @ state.qd, J @ gained
            square = max(float(tip @ tip), SLOW**2)
            for name in moved:
                share = min(max(float(moving[name] @ tip) / square, 0.0), 1.0)
                values[name] = values[name] + share * step
        return ArmState(q, qd, state.stamp + lead), values


def push_all(
    histories: Sequence[History],
    actions: Sequence[ArrayLike],
    inputs: Sequence[Mapping[str, Input]],
    commands: Sequence[JointCommand],
) -> None:
    """Let several memories of one arm remember an action each; see :meth:`History.push`."""
    taken = np.array(actions, dtype=np.float64)
    asked = np.array([history.asked for history in histories])
    wanted, most = (
        np.array([command.qd for command in commands]),
        np.full(asked[:, 0].shape, np.inf),
    )
    period, every = histories[0].control_period, histories[0].every
    for row, command in enumerate(commands):
        if command.acceleration is not None:
            most[row] = command.acceleration * period
    remembered = _remembered(asked, wanted, most, every)
    for row, history in enumerate(histories):
        history.previous_action, history.asked = taken[row], remembered[row]
        history.previous_inputs = {name: item.value for name, item in inputs[row].items()}


def velocities(
    histories: Sequence[History], inputs: Sequence[Mapping[str, Input]], name: str
) -> Array:
    """Return the velocities (b, 3) of an input that is a position, in several scenes, m/s."""
    both = zip(histories, inputs, strict=True)
    return np.array([history.velocity(name, given[name]) for history, given in both])


@compiled
def _remembered(asked: Array, wanted: Array, most: Array, periods: int) -> Array:
    """Return ``asked`` (b, k, n) after periods nearer to ``wanted`` by ``most`` (b, n) each."""
    out, kept = np.empty_like(asked), max(asked.shape[1] - periods, 0)
    for row in range(asked.shape[0]):
        out[row, asked.shape[1] - kept :] = asked[row, :kept]
        newest = asked[row, 0]
        for i in range(periods):
            newest = newest + shorten(wanted[row] - newest, most[row])
            if periods - 1 - i < asked.shape[1]:
                out[row, periods - 1 - i] = newest
    return out
