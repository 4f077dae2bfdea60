"""PickAndPlace: a box to a place on the floor or in the air, Stack: two boxes on each other."""

from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.objects import ObjectSpec
from robot_learning.base.types import Start
from robot_learning.tasks.push import Push
from robot_learning.tasks.task import DRAWS

Array = NDArray[np.float64]
HIGHEST = 0.2  # m above the floor, of goals
IN_THE_AIR = 0.7  # share of the goals


class PickAndPlace(Push):
    """A box is grasped and held at a place, most often in the air."""

    name = "pick_and_place"
    gripper = True
    turn = 0.2
    opening = 1.0
    default_tolerance = 0.03
    observed: ClassVar[tuple[str, ...]] = (
        "tip_position",
        "tip_velocity",
        "object_offset",
        "object_velocity",
        "object_way",
        "gripper_opening",
    )
    full_size = ObjectSpec("object", width=0.045, height=0.045, mass=0.1, friction=1.0)

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        gripper = self.model.spec.gripper
        assert gripper is not None
        if gripper.width < 1.2 * self.object.width:
            raise ConfigError(
                f"task '{self.name}': the gripper of {self.model.spec.path} opens "
                f"{gripper.width} m, too little for a box of {self.object.width} m"
            )
        self.closed_on = (self.object.width + 0.006) / gripper.width

    def _draw_ends(self, rng: np.random.Generator) -> tuple[Array, Array]:
        start, goal = self.area.draw(rng, self.hover), self.area.draw(rng, self.hover)
        up = rng.uniform(0.0, HIGHEST) if rng.random() < IN_THE_AIR else 0.0
        return self._on_the_floor(start), self._on_the_floor(goal) + [0, 0, up]


class Stack(PickAndPlace):
    """One box is put at a place on the floor, the other on top of it.

    The first part of its goal is the lower box, the second the upper one.
    """

    name = "stack"
    steps = 250
    achieved: ClassVar[tuple[str, ...]] = ("object_position", "second_position")
    desired: ClassVar[tuple[str, ...]] = ("goal_position", "stack_goal")
    observed: ClassVar[tuple[str, ...]] = (
        "tip_position",
        "tip_velocity",
        "next_offset",
        "next_way",
        "object_offset",
        "object_velocity",
        "object_arrived",
        "second_velocity",
        "second_arrived",
        "gripper_opening",
    )

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.objects = (self.object, replace(self.object, name="second"))

    @cached_property
    def tolerances(self) -> Array:
        """Of the lower and of the upper box, m."""
        return np.array([self.tolerance, self.tolerance])

    def reset(self, rng: np.random.Generator) -> Start:
        """Draw where the boxes are and where they go, all three places apart."""
        apart = 3.5 * self.object.width
        for _ in range(DRAWS):
            spots = np.array([self.area.draw(rng, self.hover) for _ in range(3)])
            gaps = np.linalg.norm(spots - np.roll(spots, 1, axis=0), axis=1)
            if gaps.min() > apart:
                first, second, self.goal = map(self._on_the_floor, spots)
                places = {
                    "object": (first, rng.uniform(-self.turn, self.turn)),
                    "second": (second, rng.uniform(-self.turn, self.turn)),
                }
                return Start(self.start(rng), opening=self.opening, places=places)
        raise ConfigError(f"{self.model.spec.path}: workspace: too small for three boxes")

    def inputs(self, time: float) -> dict[str, Array]:
        """Return ``goal`` and ``stack_goal`` (3,) of the boxes' middles, base frame, m."""
        return {"goal": self.goal, "stack_goal": self.goal + [0, 0, self.object.height]}
