"""Push: a box to a place on the floor, Slide: to a place beyond reach."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.objects import ObjectSpec
from robot_learning.base.types import Start
from robot_learning.tasks.table import Table
from robot_learning.tasks.task import DRAWS, Task

Array = NDArray[np.float64]
HOVER = 0.03  # m between the tool and what it passes over
FORK = 1.5  # widths of a box, from which a tool's radius is too large to push it
LOW = 0.033  # m above the floor, the most at which a tool pushes: tall objects tip sooner
RUN_UP = 0.02  # m between the tool and what it is about to push
PHYSICS_DT = 0.008  # s, for boxes of full size
BEYOND = (0.05, 0.2)  # m past the tool's reach, where boxes slide to


class Push(Task):
    """A box is pushed over the floor to a place that the tool can reach.

    Attributes:
        table: the floor as the arm can work on it.
        area: where goals and boxes are.
    """

    name = "push"
    default_tolerance = 0.03
    steps = 120
    achieved: ClassVar[tuple[str, ...]] = ("object_position",)
    observed: ClassVar[tuple[str, ...]] = (
        "tip_position",
        "tip_velocity",
        "object_offset",
        "object_velocity",
        "object_way",
        "object_line",
    )
    action_mode = "tool_down"
    full_size = ObjectSpec("object", width=0.05, height=0.05, mass=0.3, friction=0.5)
    turn: ClassVar[float] = np.pi / 4  # rad that a box is turned by at most
    opening: ClassVar[float] = 0.0  # of the gripper at the start
    pushed_at: ClassVar[float] = 0.66  # of an object's height; lower, the floor is near

    def __init__(self, *args: Any, object_spec: ObjectSpec | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.table = Table(self.model, self.free)
        self.object = object_spec or self._for_the_tool(self.full_size.scaled(self.table.scale))
        self.objects = (self.object,)
        # Small boxes tip and jump sooner.
        self.physics_dt = PHYSICS_DT * self.table.scale
        self.hover = HOVER * self.table.scale
        self.height = max(self.table.lowest, min(self.pushed_at * self.object.height, LOW))
        self.over = max(
            self.object.height + max(self.table.beyond, 0.0) + self.hover, self.height + HOVER
        )
        self.area = self.table.area((self.height, self.over + self.hover))
        # The tool has to come behind the box wherever it is pushed to.
        self.behind = self.object.width / np.sqrt(2) + self.table.radius + RUN_UP
        self.reset(np.random.default_rng(0))

    def reset(self, rng: np.random.Generator) -> Start:
        """Draw where the box is and where it goes, twice the tolerance apart or more."""
        for _ in range(DRAWS):
            box, self.goal = self._draw_ends(rng)
            if np.linalg.norm(box - self.goal) > 2 * self.tolerance:
                places = {"object": (box, rng.uniform(-self.turn, self.turn))}
                return Start(self.start(rng), opening=self.opening, places=places)
        raise ConfigError(f"{self.model.spec.path}: workspace: too small for this tolerance")

    def start(self, rng: np.random.Generator) -> Array:
        """Return a configuration (n,) with the tool down, somewhere above the area."""
        for _ in range(DRAWS):
            xy = self.area.draw(rng)
            q = self.table.configuration(self.table.above(xy, self.over + self.hover))
            if q is not None:
                return q
        raise ConfigError(f"{self.model.spec.path}: no start above the area was found")

    def inputs(self, time: float) -> dict[str, Array]:
        """Return ``goal`` (3,) of the box's middle, base frame, m."""
        return {"goal": self.goal}

    def _for_the_tool(self, wanted: ObjectSpec) -> ObjectSpec:
        """Return an object that is not caught between the fingers of a tool that cannot close."""
        if self.table.radius < FORK * wanted.width:
            return wanted
        return replace(wanted, width=2 * self.table.radius)

    def _draw_ends(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return the middle of the box and where it goes, (3,) each, base frame, m."""
        inset = min(self.behind, 0.4 * float(np.min(self.area.upper - self.area.lower)))
        start, goal = self.area.draw(rng, inset), self.area.draw(rng, inset)
        return self._on_the_floor(start), self._on_the_floor(goal)

    def _on_the_floor(self, xy: Array) -> Array:
        """Return the middle (3,) of a box that stands at ``xy`` (2,), m."""
        return self.table.above(xy, self.object.height / 2)


class Slide(Push):
    """A box on a slippery floor is struck so that it comes to rest beyond the tool's reach."""

    name = "slide"
    default_tolerance = 0.05
    full_size = ObjectSpec("object", width=0.06, height=0.03, mass=0.1, friction=1.0)
    turn = 0.0
    pushed_at = 0.5
    floor_friction = 0.05

    def _draw_ends(self, rng: np.random.Generator) -> tuple[Array, Array]:
        (near, right), (far, left) = self.area
        middle, scale = (right + left) / 2, self.table.scale
        start = [
            near + self.behind + scale * rng.uniform(0.0, 0.04),
            middle + scale * rng.uniform(-0.05, 0.05),
        ]
        goal = [
            far + scale * rng.uniform(*BEYOND),
            middle + scale * rng.uniform(-0.12, 0.12),
        ]
        return self._on_the_floor(np.array(start)), self._on_the_floor(np.array(goal))
