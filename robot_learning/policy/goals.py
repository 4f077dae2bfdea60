"""Which goals a policy takes: those that its arm reaches and that it was trained for."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import GoalError
from robot_learning.kinematics import ArmModel, inverse
from robot_learning.policy.bundle import PolicyBundle
from robot_learning.policy.terms import TERMS

Array = NDArray[np.float64]


def check_goal(
    bundle: PolicyBundle, model: ArmModel, goal: Mapping[str, Array], *, reach: bool = True
) -> None:
    """Refuse a goal that can't be brought about.

    A goal of the tip is inside the workspace and outside the solids of the robot's scene; a goal
    of an object is where those of the training were.

    Args:
        bundle: of the policy.
        model: the arm.
        goal: inputs of the goal by name: positions (3,), base frame, m, and ``goal_rotation``
            (3, 3).
        reach: look for a configuration as well, which takes up to a policy period.

    Raises:
        GoalError: with the reason.
    """
    interface = bundle.interface
    for achieved, desired in zip(interface.achieved, interface.desired, strict=True):
        inputs = TERMS[desired].inputs
        if not all(name in goal for name in inputs):
            continue
        value = goal[inputs[0]]
        if not np.isfinite(value).all():
            raise GoalError(f"the goal is not finite numbers: {value}")
        if achieved == "tip_position":
            _check_workspace(model, value)
        elif value.shape == (3,):
            _check_trained(bundle, desired, value)
    if reach and interface.achieved[0] == "tip_position" and "goal" in goal:
        _check_reach(model, goal["goal"], goal.get("goal_rotation"))


def _check_workspace(model: ArmModel, position: Array) -> None:
    low, high = model.spec.workspace_lower, model.spec.workspace_upper
    where = f"the goal {np.round(position, 3)}"
    if not ((position >= low) & (position <= high)).all():
        raise GoalError(f"{where} is outside the workspace {low} to {high} m")
    for solid in model.spec.safety.scene:
        if solid.contains(position):
            raise GoalError(f"{where} is inside '{solid.name}' of the robot's scene")


def _check_trained(bundle: PolicyBundle, term: str, position: Array) -> None:
    """Refuse what is farther than a tolerance from all goals of the training."""
    seen, room = bundle.statistics["terms"][term], bundle.interface.tolerance
    low, high = np.array(seen["min"]) - room, np.array(seen["max"]) + room
    if not ((position >= low) & (position <= high)).all():
        raise GoalError(
            f"the goal {np.round(position, 3)} is not one the policy was trained for: "
            f"{np.round(low, 3)} to {np.round(high, 3)} m"
        )


def _check_reach(model: ArmModel, position: Array, rotation: Array | None) -> None:
    home = model.spec.home
    found = inverse.solve(model, position, home, rotation=rotation, tolerance=1e-3)
    if not found.converged:
        how = "m" if rotation is None else "m and rad"
        raise GoalError(
            f"the goal {np.round(position, 3)} is out of reach by {found.error:.3f} {how}"
        )
