"""What arrives of the states: late, noisy, or not at all."""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.types import ArmState, Input
from robot_learning.worlds.variation import Variation

Array = NDArray[np.float64]
Seen = tuple[ArmState, Mapping[str, Input]]
MEASURED = ("object", "second")  # inputs that a sensor gives; goals are told


class Sensing:
    """The sensors of one episode.

    Args:
        variation: of the episode.
        rng: source of the noise.
    """

    def __init__(self, variation: Variation, rng: np.random.Generator) -> None:
        self._variation, self._rng = variation, rng
        self._on_the_way: deque[Seen] = deque()
        self._bias: dict[str, Array] = {}
        self._arrived: Seen | None = None

    def measure(self, state: ArmState, inputs: Mapping[str, Input]) -> Seen:
        """Return the newest state and inputs that have arrived when these are true."""
        self._on_the_way.append(
            (self._read(state), {k: self._see(k, v) for k, v in inputs.items()})
        )
        late = len(self._on_the_way) > self._variation.observation_latency
        newest = self._on_the_way.popleft() if late else self._on_the_way[0]
        if self._arrived is None or self._rng.random() >= self._variation.dropped:
            self._arrived = newest
        return self._arrived

    def _read(self, state: ArmState) -> ArmState:
        n = state.q.shape[0]
        offset = self._offset("joints", n, self._variation.joint_bias)
        noise = self._rng.normal(0.0, self._variation.joint_noise, n)
        return ArmState(state.q + offset + noise, state.qd, state.stamp)

    def _see(self, name: str, seen: Input) -> Input:
        if name not in MEASURED:
            return seen
        offset = self._offset(name, 3, self._variation.input_bias)
        noise = self._rng.normal(0.0, self._variation.input_noise, 3)
        return Input(seen.value + offset + noise, seen.stamp)

    def _offset(self, name: str, size: int, deviation: float) -> Array:
        if name not in self._bias:
            self._bias[name] = self._rng.normal(0.0, deviation, size)
        return self._bias[name]
