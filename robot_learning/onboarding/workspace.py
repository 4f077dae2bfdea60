"""The box that goals lie in, and how long the arm takes across it."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel, inverse
from robot_learning.kinematics.sampling import SPREAD
from robot_learning.policy.interface import TIP_SPEED
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter

Array = NDArray[np.float64]
DRAWS = 3000
ENOUGH = 400  # free configurations
LOW, HIGH = 12, 88  # percentiles of the tips
AXIS = 0.28  # share of the reach that goals keep from the axis of the first joint
GROUND = 0.1  # share of the reach that goals keep from the floor
SOLVED = 0.96  # share of the places in the box that the arm reaches
POOR = 0.8  # share below which the user is told
WIDEST = 0.35  # m that the box goes beyond home to a side, at most
SHRINK = 0.9
NEAR = 0.02  # m that the box goes beyond home to every side, at least
SIZES = 12
# An episode of Reach is so many policy periods long; the way to a goal may take a part of it.
STEPS, SHARE = 50, 2 / 3
SLOWEST = 90  # percentile of the ways


class Workspace(NamedTuple):
    """A box that goals lie in.

    Attributes:
        lower: (3,) m.
        upper: (3,) m.
        solved: share of the places in it that the arm reaches.
        policy_every: control periods in a policy period.
    """

    lower: Array
    upper: Array
    solved: float
    policy_every: int


def find_workspace(spec: RobotSpec) -> Workspace:
    """Return the box for goals of a robot whose home is known.

    Raises:
        ConfigError: where the arm is free in hardly any configuration around home.
    """
    model, free = ArmModel(spec), _free(spec)
    tips = np.array([model.forward(q)[:3, 3] for q in free])
    home = model.forward(spec.home)[:3, 3]
    reach = float(np.linalg.norm(tips - model.screws[0, 3:6], axis=1).max())
    lower, upper = np.percentile(tips, [LOW, HIGH], axis=0)
    lower[2] = max(float(tips[:, 2].min()), spec.safety.floor + GROUND * reach)
    lower, upper = np.maximum(lower, home - WIDEST), np.minimum(upper, home + WIDEST)
    lower, upper = _beside_axis(lower, upper, model, home, reach)
    for _ in range(SIZES):
        solved = _solved(model, lower, upper)
        if solved >= SOLVED:
            break
        centre = (lower + upper + 2 * home) / 4
        lower, upper = (centre + SHRINK * (corner - centre) for corner in (lower, upper))
    lower, upper = np.minimum(lower, home - NEAR), np.maximum(upper, home + NEAR)
    lower, upper = lower.round(2), upper.round(2)
    inside = ((tips >= lower) & (tips <= upper)).all(axis=1)
    return Workspace(lower, upper, solved, _policy_every(spec, free[inside], tips[inside]))


def _free(spec: RobotSpec) -> Array:
    """Return configurations (m, n) that Reach may draw."""
    rng, filter = np.random.default_rng(0), SafetyFilter(spec)
    half = SPREAD * (spec.soft_upper - spec.soft_lower) / 2
    lower = np.clip(spec.home - half, spec.soft_lower, spec.soft_upper)
    upper = np.clip(spec.home + half, spec.soft_lower, spec.soft_upper)
    found = []
    for _ in range(DRAWS):
        q = rng.uniform(lower, upper)
        if filter.is_free(q):
            found.append(q)
        if len(found) == ENOUGH:
            break
    if len(found) < ENOUGH // 20:
        raise ConfigError(
            f"{spec.urdf}: around home the arm is free in {len(found)} of {DRAWS} configurations; "
            "give another --base, --tip or --floor"
        )
    return np.array(found)


def _beside_axis(
    lower: Array, upper: Array, model: ArmModel, home: Array, reach: float
) -> tuple[Array, Array]:
    """Return a box without the axis of the first joint, on the side that home is on."""
    axis = model.screws[0, :3]
    if model.screws[0, 6] or abs(axis[2]) < 0.9:
        return lower, upper
    off = (home - model.screws[0, 3:6])[:2]
    k = int(np.argmax(np.abs(off)))
    middle, near = model.screws[0, 3 + k], AXIS * reach
    lower, upper = lower.copy(), upper.copy()
    if off[k] > 0:
        lower[k] = min(max(lower[k], middle + near), home[k] - NEAR)
    else:
        upper[k] = max(min(upper[k], middle - near), home[k] + NEAR)
    return lower, upper


def _solved(model: ArmModel, lower: Array, upper: Array) -> float:
    """Return the share of 27 places in a box that the arm reaches."""
    places = [lower + np.array(at) / 2 * (upper - lower) for at in np.ndindex(3, 3, 3)]
    home = model.spec.home
    return float(np.mean([inverse.solve(model, at, home, attempts=3).converged for at in places]))


def _policy_every(spec: RobotSpec, free: Array, tips: Array) -> int:
    """Return how many control periods make a policy period that leaves time for most goals."""
    if len(free) < 2:
        return 1
    starts, ends = np.random.default_rng(2).integers(len(free), size=(2, 300))
    turns = (np.abs(free[ends] - free[starts]) / spec.soft_velocity).max(axis=1)
    ways = np.linalg.norm(tips[ends] - tips[starts], axis=1) / TIP_SPEED
    needed = float(np.percentile(np.maximum(turns, ways), SLOWEST))
    return max(1, math.ceil(needed / (SHARE * STEPS * spec.control_period)))
