"""What arrives of the states: late, noisy, or not at all."""

from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.types import ArmState, Input
from robot_learning.worlds.variation import Randomization, Variation
from robot_learning.worlds.world import World

Array = NDArray[np.float64]
Seen = tuple[ArmState, Mapping[str, Input]]
MEASURED = ("object", "second")  # inputs that a sensor gives; goals are told


class Sensing:
    """The sensors of one episode.

    Args:
        variation: of the episode.
        rng: source of the noise.
        rate: measurements in a control period, in which latencies are counted.

    Attributes:
        variation: of the episode.
    """

    def __init__(self, variation: Variation, rng: np.random.Generator, rate: float = 1.0) -> None:
        self.variation, self._rng = variation, rng
        self._latency = round(variation.observation_latency * rate)
        self._on_the_way: deque[Seen] = deque()
        self._bias: dict[str, Array] = {}
        self._arrived: Seen | None = None

    def measure(self, state: ArmState, inputs: Mapping[str, Input]) -> Seen:
        """Return the newest state and inputs that have arrived when these are true."""
        state, inputs = self.expect(state, inputs)
        self._on_the_way.append(
            (self._read(state), {k: self._see(k, v) for k, v in inputs.items()})
        )
        late = len(self._on_the_way) > self._latency
        newest = self._on_the_way.popleft() if late else self._on_the_way[0]
        if self._arrived is None or self._rng.random() >= self.variation.dropped:
            self._arrived = newest
        return self._arrived

    def expect(self, state: ArmState, inputs: Mapping[str, Input]) -> Seen:
        """Return what is measured in the mean, with neither delay nor noise, when these are true.

        What is left is the bias: nothing that ever arrives would show it.
        """
        n = state.q.shape[0]
        offset = self._offset("joints", n, self.variation.joint_bias)
        biased = ArmState(state.q + offset, state.qd, state.stamp)
        return biased, {name: self._expect(name, item) for name, item in inputs.items()}

    def _read(self, state: ArmState) -> ArmState:
        n = state.q.shape[0]
        noise = self._rng.normal(0.0, self.variation.joint_noise, n)
        return ArmState(state.q + noise, state.qd, state.stamp)

    def _see(self, name: str, seen: Input) -> Input:
        if name not in MEASURED:
            return seen
        noise = self._rng.normal(0.0, self.variation.input_noise, 3)
        return Input(seen.value + noise, seen.stamp)

    def _expect(self, name: str, seen: Input) -> Input:
        if name not in MEASURED:
            return seen
        return Input(seen.value + self._offset(name, 3, self.variation.input_bias), seen.stamp)

    def _offset(self, name: str, size: int, deviation: float) -> Array:
        if name not in self._bias:
            self._bias[name] = self._rng.normal(0.0, deviation, size)
        return self._bias[name]


def shifted(
    world: World, shifts: Randomization, rng: np.random.Generator, rate: float = 1.0
) -> Sensing:
    """Draw how an episode differs; make the world's physics so, and return its sensors.

    Args:
        world: whose physics change.
        shifts: what the differences are drawn from.
        rng: source of the episode's randomness.
        rate: measurements in a control period.
    """
    variation = shifts.draw(rng)
    world.vary(variation, rng)
    return Sensing(variation, rng, rate)
