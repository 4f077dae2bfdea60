"""Push: a box to a place on the floor, Slide: to a place beyond reach."""

from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.objects import ObjectSpec
from robot_learning.tasks.table import Table
from robot_learning.tasks.task import DRAWS, Seen, Start, Task, Waypoint

Array = NDArray[np.float64]
GRAVITY = 9.81  # m/s²
HOVER = 0.03  # m between the tool and what it passes over
FORK = 1.5  # widths of a box, from which a tool's radius is too large to push it
RUN_UP = 0.02  # m between the tool and what it is about to push
# Shares of the tolerance at which a push ends, and at which none is begun.
NEAR, NEAR_ENOUGH = 0.15, 0.7
PHYSICS_DT = 0.008  # s, for boxes of full size
BEYOND = (0.05, 0.2)  # m past the tool's reach, where boxes slide to


def fade(value: float, low: float, high: float) -> float:
    """Return 0 up to ``low``, 1 from ``high`` on, and the share of the way between."""
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


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
    _retreat = 0.0  # m, from a box that needs no more push
    _back = 0.06  # m, from a box of full size that it would push askew
    # m beside the line to the goal up to which the tool pushes fully, from which not at all.
    _beside: ClassVar[tuple[float, float]] = (0.008, 0.03)

    def __init__(self, *args: Any, object_spec: ObjectSpec | None = None, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.table = Table(self.model, self.free)
        self.object = object_spec or self._for_the_tool(self.full_size.scaled(self.table.scale))
        self.objects = (self.object,)
        # Small boxes tip and jump sooner.
        self.physics_dt = PHYSICS_DT * self.table.scale
        self.hover = HOVER * self.table.scale
        self.height = max(self.table.lowest, min(0.5 * self.object.height, 0.03))
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

    def waypoint(self, seen: Seen) -> Waypoint:
        """Pass over the box, come down behind it, push along the line to the goal.

        One turns into the other gradually, which is easier to imitate than a switch.
        """
        box, way = seen.inputs["object"], seen.inputs["goal"] - seen.inputs["object"]
        left = float(np.linalg.norm(way[:2]))
        ahead = way[:2] / max(left, 1e-9)
        if self._let_go(left, seen.velocities["object"]):
            near = 1 - fade(float(np.linalg.norm(seen.tip - box)), self.behind, 1.2 * self.behind)
            return Waypoint(seen.tip - [*(near * self._retreat * ahead), 0.0])
        behind = box[:2] - self.behind * ahead
        up = fade(seen.tip[2] - self.table.floor - self.height, 0.008, 0.025)
        if left < NEAR_ENOUGH * self.tolerance and up > 0.5:
            # Not to stay: where it would come down for another push is no place to rest.
            return Waypoint(self._rise(seen.tip))
        low = self._push(seen.tip, box, ahead, left)
        return Waypoint((1 - up) * low + up * self._come_down(seen.tip, behind))

    def _for_the_tool(self, wanted: ObjectSpec) -> ObjectSpec:
        """Return an object that is not caught between the fingers of a tool that cannot close."""
        if self.table.radius < FORK * wanted.width:
            return wanted
        return replace(wanted, width=2 * self.table.radius)

    def _push(self, tip: Array, box: Array, ahead: Array, left: float) -> Array:
        """Return where to go near the floor: along the line to the goal, or up beside the box."""
        offset = (tip - box)[:2]
        along = float(offset @ ahead)
        aside = offset - along * ahead
        off = float(np.linalg.norm(aside))
        apart = fade(off, *self._beside)
        stroke = (1 - apart) * self._stroke(left) - apart * self._back * self.table.scale
        push = tip[:2] + stroke * ahead - aside
        placed = (1 - fade(off, 0.03, 0.05)) * fade(
            -along, 0.3 * self.object.width, 0.45 * self.object.width
        )
        return placed * self._at(push) + (1 - placed) * self._rise(tip)

    def _rise(self, tip: Array) -> Array:
        """Return the point over ``tip`` from which all objects are passed over."""
        return self.table.above(tip[:2], self.over)

    def _come_down(self, tip: Array, behind: Array) -> Array:
        """Return where to go above the floor: over the place behind the box, then down."""
        away = float(np.linalg.norm(tip[:2] - behind))
        height = self.height + fade(away, 0.01, 0.04) * (self.over - self.height)
        clear = fade(tip[2] - self.table.floor, self.over - 0.03, self.over - 0.01)
        free = max(clear, 1 - fade(away, 0.03, 0.05))
        return self.table.above(tip[:2] + free * (behind - tip[:2]), height)

    def _draw_ends(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """Return the middle of the box and where it goes, (3,) each, base frame, m."""
        inset = min(self.behind, 0.4 * float(np.min(self.area.upper - self.area.lower)))
        start, goal = self.area.draw(rng, inset), self.area.draw(rng, inset)
        return self._on_the_floor(start), self._on_the_floor(goal)

    def _on_the_floor(self, xy: Array) -> Array:
        """Return the middle (3,) of a box that stands at ``xy`` (2,), m."""
        return self.table.above(xy, self.object.height / 2)

    def _let_go(self, left: float, velocity: Array) -> bool:
        """Say whether the object needs no more push with ``left`` m to go."""
        return left < NEAR * self.tolerance

    def _stroke(self, left: float) -> float:
        """Return how far ahead of the tip the push aims, m."""
        return left

    def _at(self, xy: Array) -> Array:
        return self.table.above(xy, self.height)


class Slide(Push):
    """A box on a slippery floor is struck so that it comes to rest beyond the tool's reach."""

    name = "slide"
    default_tolerance = 0.05
    full_size = ObjectSpec("object", width=0.06, height=0.03, mass=0.1, friction=1.0)
    turn = 0.0
    floor_friction = 0.05
    _retreat = 0.1
    _back = 0.0
    _beside = (0.004, 0.015)

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

    def _let_go(self, left: float, velocity: Array) -> bool:
        speed = float(np.linalg.norm(velocity))
        friction = self.object.friction * self.floor_friction
        coast = speed**2 / (2 * friction * GRAVITY)
        return coast > left or left < NEAR_ENOUGH * self.tolerance

    def _stroke(self, left: float) -> float:
        # No faster than it takes to get there: a second strike is a gentle one.
        slowing = self.object.friction * self.floor_friction * GRAVITY
        return 0.16 * float(np.sqrt(2 * slowing * left))
