"""Insert: a peg into the hole of a block, learnt from demonstrations: no script solves it."""

from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.objects import ObjectSpec
from robot_learning.base.types import Start
from robot_learning.tasks.pick import PickAndPlace
from robot_learning.tasks.task import DRAWS

Array = NDArray[np.float64]
BLOCK = ObjectSpec("block", width=0.1, height=0.03, mass=2.0, friction=1.0)
PLAY = 0.0025  # m between the peg and each side of the hole
HELD = (0.015, 0.03)  # m from the middle of the peg up to the tip that holds it
SQUEEZED = 0.001  # m, by which the gripper is sent to less than the peg's width
ABOVE = (0.02, 0.08)  # m between the top of the block and the peg, at the start
AIR = 0.003  # m below a peg that is in its place: nobody has to press it onto the floor


class Insert(PickAndPlace):
    """A peg that the gripper holds is put into the square hole of a block.

    The block stands elsewhere in each episode, and the peg begins elsewhere, held higher or lower.
    Within the tolerance is no peg that is not in the hole.
    """

    name = "insert"
    steps = 120
    default_tolerance = 0.005
    observed: ClassVar[tuple[str, ...]] = (
        "tip_position",
        "tip_velocity",
        "object_offset",
        "object_velocity",
        "object_way",
    )
    full_size = ObjectSpec("object", width=0.02, height=0.08, mass=0.25, friction=1.0)

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.objects = (self.object, self.block)

    @cached_property
    def block(self) -> ObjectSpec:
        """What has the hole."""
        return replace(BLOCK.scaled(self.table.scale), hole=self.object.width + 2 * PLAY)

    def reset(self, rng: np.random.Generator) -> Start:
        """Draw where the block is, where the peg begins, and how high it is held."""
        gripper, R = self.model.spec.gripper, self.model.R_base_down
        assert gripper is not None
        turn = float(np.arctan2(R[1, 0], R[0, 0]))  # that of what the gripper holds
        for _ in range(DRAWS):
            hole, xy = self.area.draw(rng, self.block.width / 2), self.area.draw(rng)
            bottom, held = self.block.height + rng.uniform(*ABOVE), rng.uniform(*HELD)
            peg = self.table.above(xy, bottom + self.object.height / 2)
            q = self.table.configuration(peg + [0, 0, held])
            if q is not None:
                self.goal = self._on_the_floor(hole) + [0, 0, AIR]
                block = self.table.above(hole, self.block.height / 2)
                opening = (self.object.width - SQUEEZED) / gripper.width
                return Start(q, opening, {"object": (peg, turn), "block": (block, turn)})
        raise ConfigError(f"{self.model.spec.path}: no start above the area was found")
