"""Random configurations with the tip where the arm works."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics.model import ArmModel

Array = NDArray[np.float64]
# Share of each joint's range around home that configurations are drawn from.
SPREAD = 0.5
DRAWS = 5000


def in_workspace(
    model: ArmModel, rng: np.random.Generator, spread: float = SPREAD
) -> tuple[Array, Array]:
    """Return a random configuration (n,) and its tip (3,), m, inside the workspace box.

    ``spread`` is the share of each joint's range around home that it is drawn from.

    Raises:
        ConfigError: where the arm can't bring its tip into the box.
    """
    spec = model.spec
    half = spread * (spec.soft_upper - spec.soft_lower) / 2
    lower = np.clip(spec.home - half, spec.soft_lower, spec.soft_upper)
    upper = np.clip(spec.home + half, spec.soft_lower, spec.soft_upper)
    for _ in range(DRAWS):
        q = rng.uniform(lower, upper)
        tip = model.forward(q)[:3, 3]
        if ((tip >= spec.workspace_lower) & (tip <= spec.workspace_upper)).all():
            return q, tip
    raise ConfigError(
        f"{spec.path}: workspace: none of {DRAWS} configurations around home has its tip "
        f"inside; at home it is at {np.round(model.forward(spec.home)[:3, 3], 3)} m"
    )
