"""Configurations that an episode of a campaign begins at, and that it steers into."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from robot_learning.worlds.bullet import Contacts

Array = NDArray[np.float64]
DRAWS = 20_000  # of one configuration, before it is an error
COLLIDING = 200  # configurations that `collision_seeking` goes to


def colliding(spec: RobotSpec, contacts: Contacts, seed: int) -> Array:
    """Return configurations (., n) that collide; any, for an arm that has nothing to touch."""
    rng = np.random.default_rng([seed, 1000])
    found: list[Array] = []
    for _ in range(DRAWS):
        q = rng.uniform(spec.soft_lower, spec.soft_upper)
        if contacts.at(q):
            found.append(q)
        if len(found) == COLLIDING:
            break
    return np.array(found or [rng.uniform(spec.soft_lower, spec.soft_upper)])


def free_start(
    spec: RobotSpec, rng: np.random.Generator, free: SafetyFilter, contacts: Contacts
) -> Array:
    """Return a configuration (n,) that the filter and PyBullet find free.

    Raises:
        ConfigError: where none is found.
    """
    for _ in range(DRAWS):
        q = rng.uniform(spec.soft_lower, spec.soft_upper)
        if free.is_free(q) and not contacts.at(q):
            return np.asarray(q)
    raise ConfigError(
        f"{spec.path}: none of {DRAWS} configurations keeps the margins of safety: in it and is "
        "free of contact in PyBullet; look at the margins, the floor and the scene"
    )
