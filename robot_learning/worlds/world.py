"""What answers a motion: the base of every world, simulated or not."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import Scene, Snapshot, Start
from robot_learning.worlds.camera import Camera, Picture
from robot_learning.worlds.variation import Variation


class World:
    """An arm and what stands around it. :meth:`reset` and :meth:`step` are all that it must do.

    Attributes:
        varies: whether its physics can be made to differ.
        visible: whether there is something to look at.
    """

    varies: ClassVar[bool] = False
    visible: ClassVar[bool] = False

    def reset(self, start: Start) -> Snapshot:
        """Put everything at rest where an episode starts, its clock at 0."""
        raise NotImplementedError

    def step(self, motion: Trajectory, dt: float, opening: float | None = None) -> Snapshot:
        """Follow ``motion`` from its start for ``dt`` s and return what is true then.

        ``opening`` in [0, 1] is where the gripper is sent; None leaves it as it is.
        """
        raise NotImplementedError

    def scene(self) -> Scene:
        """Return what is needed to go on from here, with the arm at rest; a simulation knows."""
        return Scene()

    def next_start(self, seen: Snapshot) -> float:
        """Return when the motion of the next step begins, s; ``seen`` is what came last.

        Simulated time waits for the next step. Where it does not wait, a motion that is told late
        begins later.
        """
        return seen.state.stamp

    def vary(self, variation: Variation, rng: np.random.Generator) -> None:
        """Make the physics differ; the sensors are the environment's."""
        raise ConfigError(f"{type(self).__name__}: its physics can't be made to differ")

    def look(self, camera: Camera) -> Picture:
        """Return what a camera sees."""
        raise ConfigError(f"{type(self).__name__}: there is nothing to look at")

    def mark(self, name: str, position: ArrayLike, radius: float) -> None:
        """Show a sphere at ``position`` (3,), base frame, m."""

    def hide_marks(self) -> None:
        """Take all such spheres out of sight."""

    def close(self) -> None:
        """End it."""
