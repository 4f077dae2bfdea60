"""What came of each step, where nobody has told: distance and success from what was measured."""

import numpy as np

from robot_learning.demonstrations.columns import Columns
from robot_learning.demonstrations.episode import About, Episode
from robot_learning.demonstrations.observe import observations
from robot_learning.kinematics import ArmModel
from robot_learning.policy import Interface


def judged(about: About, columns: Columns, interface: Interface, model: ArmModel) -> Episode:
    """Return an episode with ``distance`` and ``is_success`` of its T steps filled in.

    Args:
        about: what is said of it; its success is that of the last step.
        columns: (T + 1, ...) each, all others.
        interface: whose goal counts.
        model: the arm.

    Raises:
        DatasetError: where what was measured does not tell.
    """
    unknown = len(columns["stamp"])
    columns |= {"distance": np.zeros(unknown), "is_success": np.zeros(unknown, dtype=bool)}
    seen = observations(Episode(about, columns), interface, model)
    distance = np.array([interface.distance(flat) for flat in seen])
    columns["distance"] = np.append(distance[1:], np.nan)
    columns["is_success"] = columns["distance"] <= interface.tolerance
    success = bool(columns["is_success"][-2])
    return Episode(about.model_copy(update={"success": success}), columns)
