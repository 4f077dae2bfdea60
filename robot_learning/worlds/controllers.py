"""The ros2_control controllers that ``sim_node`` stands in for, without ROS."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory

Array = NDArray[np.float64]
FOR_EVER = 3600.0  # s; a trajectory needs an end


class TrajectoryController:
    """joint_trajectory_controller: a new trajectory replaces the old, the end is held.

    forward_position_controller is this with a trajectory at rest at the positions commanded.
    """

    def __init__(self, q: Array) -> None:
        self._trajectory = Trajectory.rest(q)
        self._start = 0.0

    def reset(self, q: Array) -> None:
        """Hold ``q`` (n,)."""
        self._trajectory = Trajectory.rest(q)

    def accept(self, trajectory: Trajectory, start: float, now: float) -> None:
        """Follow ``trajectory``, whose times count from ``start``, from ``now`` on.

        Before its first point the controller interpolates from where it is; points that lie in
        the past are passed over.
        """
        if start + trajectory.times[0] > now:
            q, qd = self.sample(now)
            trajectory = Trajectory(
                np.concatenate([[0.0], start + trajectory.times - now]),
                np.concatenate([[q], trajectory.q]),
                np.concatenate([[qd], trajectory.qd]),
            )
            start = now
        self._trajectory, self._start = trajectory, start

    def sample(self, now: float | Array) -> tuple[Array, Array]:
        """Return the desired positions and velocities (..., n) at times ``now`` (...), s."""
        return self._trajectory.sample(now - self._start)


def velocity(qd: Array) -> Trajectory:
    """Return velocities (n,) as what :class:`VelocityController` accepts."""
    return Trajectory(np.zeros(1), np.zeros((1, len(qd))), qd[None])


class VelocityController(TrajectoryController):
    """forward_velocity_controller: the last velocity holds for ever, whoever has died."""

    def accept(self, trajectory: Trajectory, start: float, now: float) -> None:
        """Move at a :func:`velocity` from ``now`` on."""
        q, qd = self.sample(now)[0], trajectory.qd[0]
        way = np.array([[0.0], [FOR_EVER]]) * qd
        self._trajectory = Trajectory(np.array([0.0, FOR_EVER]), q + way, np.array([qd, qd]))
        self._start = now
