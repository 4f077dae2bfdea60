"""What arrives of the states: late, noisy, or not at all."""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_learning.envs.shift import Shift
from robot_learning.policy import Input
from robot_learning.robot import ArmState

Array = NDArray[np.float64]
Seen = tuple[ArmState, Mapping[str, Input]]
MEASURED = ("object", "second")  # inputs that a sensor gives; goals are told


class Sensing:
    """The sensors of one episode.

    Args:
        shift: of the episode.
        rng: source of the noise.
    """

    def __init__(self, shift: Shift, rng: np.random.Generator) -> None:
        self._shift, self._rng = shift, rng
        self._on_the_way: deque[Seen] = deque()
        self._bias: dict[str, Array] = {}
        self._arrived: Seen | None = None

    def measure(self, state: ArmState, inputs: Mapping[str, Input]) -> Seen:
        """Return the newest state and inputs that have arrived when these are true."""
        self._on_the_way.append(
            (self._read(state), {k: self._see(k, v) for k, v in inputs.items()})
        )
        late = len(self._on_the_way) > self._shift.observation_latency
        newest = self._on_the_way.popleft() if late else self._on_the_way[0]
        if self._arrived is None or self._rng.random() >= self._shift.dropped:
            self._arrived = newest
        return self._arrived

    def _read(self, state: ArmState) -> ArmState:
        n = state.q.shape[0]
        offset = self._offset("joints", n, self._shift.joint_bias)
        noise = self._rng.normal(0.0, self._shift.joint_noise, n)
        return ArmState(state.q + offset + noise, state.qd, state.stamp)

    def _see(self, name: str, seen: Input) -> Input:
        if name not in MEASURED:
            return seen
        offset = self._offset(name, 3, self._shift.input_bias)
        noise = self._rng.normal(0.0, self._shift.input_noise, 3)
        return Input(seen.value + offset + noise, seen.stamp)

    def _offset(self, name: str, size: int, deviation: float) -> Array:
        if name not in self._bias:
            self._bias[name] = self._rng.normal(0.0, deviation, size)
        return self._bias[name]
