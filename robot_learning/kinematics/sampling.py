"""Random configurations with the tip where the arm works."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.arrays import are_between
from robot_learning.base.errors import ConfigError
from robot_learning.kinematics.model import ArmModel

Array = NDArray[np.float64]
# Share of each joint's range around home that configurations are drawn from.
SPREAD = 0.5
DRAWS = 5000
Free = Callable[[Array], bool]


def anywhere(q: Array) -> bool:
    """Say that the arm is free at ``q`` (n,), where nobody looks."""
    return True


def in_workspace(
    model: ArmModel,
    rng: np.random.Generator,
    spread: float = SPREAD,
    free: Free = anywhere,
) -> tuple[Array, Array]:
    """Return a random configuration (n,) and its tip (3,), m, inside the workspace box.

    Args:
        model: the arm.
        rng: the source of the draws.
        spread: share of each joint's range around home that it is drawn from.
        free: says whether the arm touches nothing at a configuration (n,).

    Raises:
        ConfigError: where the arm can't bring its tip into the box, or touches something there.
    """
    spec = model.spec
    half = spread * (spec.soft_upper - spec.soft_lower) / 2
    lower = np.clip(spec.home - half, spec.soft_lower, spec.soft_upper)
    upper = np.clip(spec.home + half, spec.soft_lower, spec.soft_upper)
    inside, width = 0, upper - lower
    for _ in range(DRAWS):
        q = lower + width * rng.random(spec.n)
        tip = model.forward(q)[:3, 3]
        if are_between(tip, spec.workspace_lower, spec.workspace_upper):
            inside += 1
            if free(q):
                return q, tip
    if inside:
        raise ConfigError(
            f"{spec.path}: workspace: of {DRAWS} configurations around home {inside} have their "
            "tip inside, and in each the arm touches itself or what is around it"
        )
    raise ConfigError(
        f"{spec.path}: workspace: none of {DRAWS} configurations around home has its tip "
        f"inside; at home it is at {np.round(model.forward(spec.home)[:3, 3], 3)} m"
    )
