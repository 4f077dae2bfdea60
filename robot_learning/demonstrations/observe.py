"""What a policy would have seen in an episode: computed by the code of training and serving."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import DatasetError, StateError
from robot_learning.demonstrations.episode import Episode
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, Interface


def observations(episode: Episode, interface: Interface, model: ArmModel) -> NDArray[np.float32]:
    """Return the flat observations (T + 1, n_obs) of an episode for any set of terms.

    Args:
        episode: of a dataset that fits (:meth:`Dataset.check`).
        interface: whose actions mean what the recorded ones do.
        model: the arm.

    Raises:
        DatasetError: naming a term whose input was not recorded.
    """
    history, lead = History.start(interface), episode.columns["lead"]
    seen = np.empty((episode.steps + 1, interface.n_obs), dtype=np.float32)
    for row in range(episode.steps + 1):
        state, inputs = episode.state(row), episode.inputs(row)
        try:
            seen[row] = interface.observe(model, state, inputs, history, float(lead[row]))
        except StateError as error:
            known = ", ".join(episode.names)
            raise DatasetError(f"row {row}: {error}; recorded inputs: {known}") from error
        action = episode.columns["action"][row]
        if np.isfinite(action).all():
            history.push(action, inputs, interface.decode(model, action, state))
    return seen
