"""What a policy remembers, and what follows from it for when a command takes effect."""

from collections.abc import Mapping
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
        self.previous_action = np.array(action, dtype=np.float64)
        self.previous_inputs = {name: item.value for name, item in inputs.items()}
        if command.acceleration is None:
            most = np.full(command.qd.shape, np.inf)
        else:
            most = command.acceleration * self.control_period
        self.asked = _remembered(self.asked, command.qd, most, self.every)

    def velocities(self, inputs: Mapping[str, Input]) -> dict[str, Array]:
        """Return the velocities (3,) of those inputs that are positions, m/s."""
        period, before = self.control_period * self.every, self.previous_inputs
        return {
            name: (item.value - before.get(name, item.value)) / period
            for name, item in inputs.items()
            if item.value.shape == (3,)
        }

    def ahead(
        self, model: ArmModel, state: ArmState, inputs: Mapping[str, Input], lead: float
    ) -> tuple[ArmState, dict[str, Array], dict[str, Array]]:
        """Return the arm, and values and velocities of the inputs, ``lead`` s after the state.

        All goes on as it moves; the arm also makes up for what it was asked for since, and takes
        along what moves as its tip does.
        """
        values = {name: item.value for name, item in inputs.items()}
        velocities = self.velocities(inputs)
        if not lead:
            return state, values, velocities
        last = min(round(lead / self.control_period), REMEMBERED - 1)
        since = self.asked[:last] - self.asked[last]
        q, qd = state.q + lead * state.qd, state.qd
        if last:
            # By the trapezoidal rule, from 0 where the state was measured to the newest.
            gained = self.control_period * (since.sum(axis=0) - since[0] / 2)
            q, qd = q + gained, qd + since[0]
        for name, velocity in velocities.items():
            values[name] = values[name] + lead * velocity
        moved = [name for name in velocities if name not in GOALS]
        if last and moved:
            J = model.jacobian(state.q)[:3]
            tip, step = J @ state.qd, J @ gained
            square = max(float(tip @ tip), SLOW**2)
            for name in moved:
                share = min(max(float(velocities[name] @ tip) / square, 0.0), 1.0)
                values[name] = values[name] + share * step
        return ArmState(q, qd, state.stamp + lead), values, velocities


@compiled
def _remembered(asked: Array, wanted: Array, most: Array, periods: int) -> Array:
    """Return ``asked`` (k, n) after periods that come nearer to ``wanted`` by ``most`` (n,)."""
    out = np.empty_like(asked)
    kept = max(asked.shape[0] - periods, 0)
    out[asked.shape[0] - kept :] = asked[:kept]
    newest = asked[0]
    for i in range(periods):
        newest = newest + shorten(wanted - newest, most)
        if periods - 1 - i < out.shape[0]:
            out[periods - 1 - i] = newest
    return out
