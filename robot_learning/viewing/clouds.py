"""Where the tip can be, and how well it moves there."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.kinematics import ArmModel
from robot_learning.safety.guards import Guards
from robot_learning.viewing.colours import RED, on_scale

Array = NDArray[np.float64]


class Tips(NamedTuple):
    """Tips of random configurations.

    Attributes:
        points: (m, 3) base frame, m.
        shares: (m,) smallest singular value of the tip's linear Jacobian, as a share of the
            reach.
        refused: (m,) whether the filter keeps the arm from being there at rest.
    """

    points: Array
    shares: Array
    refused: NDArray[np.bool_]

    @property
    def best(self) -> float:
        """The largest share."""
        return float(self.shares.max())

    @property
    def colours(self) -> NDArray[np.uint8]:
        """Colours (m, 3): red where refused, else by the share."""
        colours = on_scale(self.shares / max(self.best, 1e-9))
        colours[self.refused] = RED
        return colours


def tips(guards: Guards, count: int, seed: int = 0) -> Tips:
    """Return ``count`` tips of configurations drawn evenly from inside the joint limits."""
    spec, model = guards.spec, ArmModel(guards.spec)
    rng = np.random.default_rng(seed)
    drawn = rng.uniform(spec.soft_lower, spec.soft_upper, (count, spec.n))
    points = np.array([model.forward(q)[:3, 3] for q in drawn])
    values = np.array([guards.singularity.value(q) for q in drawn])
    near = np.array([not guards.is_free(q) for q in drawn])
    limit = guards.singularity.limit
    shares = values * spec.safety.singularity.stop / limit
    return Tips(points, shares, near | (values < limit))
