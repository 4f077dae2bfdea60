"""Where the floor is, and home above it."""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.kinematics import ArmModel
from robot_learning.onboarding.contacts import Surroundings, lowest
from robot_learning.onboarding.draft import Draft
from robot_learning.onboarding.home import Home, named_home

Array = NDArray[np.float64]
FLAT = 0.02  # m by which the lowest point may miss 0 and the floor still is there
DEEP = 0.12  # m by which an upright arm may reach below its base; one that hangs goes deeper
UNDER = 0.05  # m from the lowest reach to a floor that nobody knows


def put_floor(draft: Draft, told: float | None) -> None:
    """Set the height of the floor where it is not 0.

    Args:
        draft: with frames and limits.
        told: by the user, base frame, m; or None.
    """
    spec = draft.spec()
    if told is not None:
        draft.put("safety.floor", told, "told, m")
        return
    ground, root = lowest(spec), float(ArmModel(spec).T_base_root[2, 3])
    height = root if ground is None else min(ground, root)
    if abs(height) > FLAT:
        what = "the URDF's root" if height == root else "the lowest point that does not move"
        draft.put("safety.floor", round(height, 3), f"{what}, m")
    sunk = Surroundings(draft.spec()).sunk
    if sunk > DEEP:
        _lower_floor(draft, _look(draft))
    elif sunk > 0:
        height = math.floor(1e3 * (draft.spec().safety.floor - sunk)) / 1e3
        draft.put("safety.floor", height, "lower than the base: what turns there reaches below, m")


def put_home(draft: Draft, states: Mapping[str, Mapping[str, float]]) -> Home:
    """Set home: a named state that may be it, or the best configuration that is free.

    Where none is free, pairs that nearly always touch are allowed to; then the floor, unless it
    was told, is put out of reach, since parts of a robot hang in the air.

    Args:
        draft: with all but home and workspace.
        states: named ones, from an SRDF.

    Raises:
        ConfigError: naming what touches in all configurations.
    """
    home = _look(draft)
    named = named_home(home, states)
    if named is not None:
        source, q = f"SRDF: state {named[0]}", named[1]
    else:
        source = "computed: free, far from limits and singular places, tool down"
        home, q = _find(draft, home)
    joints = zip(home.spec.joints, q.tolist(), strict=True)
    draft.put("home", {name: round(value, 4) + 0.0 for name, value in joints}, source)
    return home


def _look(draft: Draft) -> Home:
    spec = draft.spec()
    return Home(spec, Surroundings(spec))


def _find(draft: Draft, home: Home) -> tuple[Home, Array]:
    ways_out = iter((_touching, _lower_floor))
    while True:
        try:
            return home, home.find()
        except ConfigError:
            if not any(allow(draft, home) for allow in ways_out):
                raise
            home = _look(draft)


def _touching(draft: Draft, home: Home) -> bool:
    """Allow pairs that nearly always touch to do so; say whether there are any."""
    pairs = home.around.mostly_touching()
    if pairs:
        draft.put("safety.may_touch", pairs, "assumed: they touch nearly always")
        named = ", ".join(f"{first} and {second}" for first, second in pairs)
        draft.remarks.append(f"nothing keeps apart {named}: look whether these can touch")
    return bool(pairs)


def _lower_floor(draft: Draft, home: Home) -> bool:
    """Put the floor out of reach, unless the user told where it is; say whether it was."""
    if draft.sources.get("safety.floor", "").startswith("told"):
        return False
    low = float(ArmModel(home.spec).screws[0, 5]) - home.reach - UNDER
    draft.put("safety.floor", round(low, 2), "assumed: below all that the arm reaches, m")
    draft.remarks.append("the floor is not known: measure safety.floor")
    return True
