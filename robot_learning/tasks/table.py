"""Where an arm can work on the floor before it with the tool pointing down."""

from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.geometry.hulls import bodies_at
from robot_learning.kinematics import ArmModel, inverse
from robot_learning.kinematics.sampling import Free, anywhere

Array = NDArray[np.float64]
PITCH = 0.03  # m between the places that are tried
CLEAR = 0.006  # m that the tool stays above the safety margin
LARGE = 0.6  # m to the far corner of the workspace from which objects have their full size
NEAR_END = 0.03  # m of the tool's end that count for its radius
UP = np.array([0.0, 0.0, 1.0])
# Where a robot reaches takes a second to find out: by its hash, the heights and the start, once a
# process. What it touches there depends on who looks, and is looked at each time.
_solved: dict[tuple[object, ...], list[list[list[Array] | None]]] = {}


class Area(NamedTuple):
    """A rectangle on the floor, corners (2,), base frame, m."""

    lower: Array
    upper: Array

    def draw(self, rng: np.random.Generator, inset: float = 0.0) -> Array:
        """Return a random point (2,) at least ``inset`` m inside."""
        return rng.uniform(self.lower + inset, self.upper - inset)


class Table:
    """The floor as the arm can work on it.

    Attributes:
        model: the arm.
        free: says whether the arm touches nothing at a configuration (n,).
        floor: height of the floor, m.
        beyond: how far the closed tool reaches past the tip, m.
        radius: of the closed tool about its axis near its end, m.
        scale: of what is moved, 1 but for a small arm.
        lowest: height of the tip above the floor with the tool as low as the filter lets it, m.
    """

    def __init__(self, model: ArmModel, free: Free = anywhere) -> None:
        self.model = model
        self.free = free
        spec = model.spec
        if not model.is_upright:
            raise ConfigError(
                f"{spec.path}: base_link: gravity pulls along {np.round(model.gravity, 3)} of "
                f"{spec.base_link}, and objects fall off the floor; give poses in a link that "
                "stands upright, such as the URDF's root"
            )
        self.floor = spec.safety.floor
        T = model.forward(np.zeros(spec.n))
        bodies = [body for body in bodies_at(spec, 0.0) if body.link == spec.n]
        if not bodies:
            raise ConfigError(f"{spec.urdf}: the last link has no collision geometry to push with")
        points = np.concatenate([body.points for body in bodies])
        grown = max(body.radius for body in bodies)
        points = (points - T[:3, 3]) @ T[:3, :3]
        along = points @ spec.tool_direction
        across = np.delete(points, spec.tool_axis % 3, axis=1)[along > along.max() - NEAR_END]
        self.beyond = float(along.max()) + grown
        self.radius = float(np.linalg.norm(across, axis=1).max()) + grown
        corner = np.maximum(np.abs(spec.workspace_lower), np.abs(spec.workspace_upper))
        self.scale = min(1.0, float(np.linalg.norm(corner[:2])) / LARGE)
        self.lowest = max(self.beyond, 0.0) + spec.safety.collision_margin + CLEAR

    def above(self, xy: Array, height: float) -> Array:
        """Return the point (3,) ``height`` m above the floor at ``xy`` (2,)."""
        return np.array([xy[0], xy[1], self.floor + height])

    def configuration(
        self, position: Array, q_start: Array | None = None, attempts: int = 1
    ) -> Array | None:
        """Return (n,) joints that hold the tool down with the tip at ``position``, or None.

        There are none where the arm would touch something.
        """
        start = self._centre if q_start is None else q_start
        q = self._solve(position, start, attempts)
        return q if q is not None and self.free(q) else None

    def area(self, heights: tuple[float, float]) -> Area:
        """Return the largest rectangle over which the tool works at these heights, m.

        Raises:
            ConfigError: where there is none of a useful size.
        """
        spec = self.model.spec
        xs, ys = (
            np.arange(spec.workspace_lower[k], spec.workspace_upper[k] + 1e-9, PITCH)
            for k in range(2)
        )
        key = (spec.hash, *heights, self._centre.tobytes())
        if key not in _solved:
            _solved[key] = [[self._reach((x, y), heights) for y in ys] for x in xs]
        reached = np.array([[self._all_free(way) for way in row] for row in _solved[key]])
        rows, columns = _largest(reached)
        if min(rows[1] - rows[0], columns[1] - columns[0]) < 3:
            raise ConfigError(
                f"{spec.path}: workspace: with the tool down, {heights[0]:.2f} to "
                f"{heights[1]:.2f} m above the floor, the tip reaches "
                f"{reached.mean():.0%} of x {xs[0]:.2f} to {xs[-1]:.2f}, "
                f"y {ys[0]:.2f} to {ys[-1]:.2f} m: too little for this task"
            )
        return Area(
            np.array([xs[rows[0]], ys[columns[0]]]), np.array([xs[rows[1]], ys[columns[1]]])
        )

    def _reach(self, xy: tuple[float, float], heights: tuple[float, float]) -> list[Array] | None:
        """Return joints (n,) with the tool down over ``xy`` at each height, from the top down."""
        way, q = [], self._centre
        for height in sorted(heights, reverse=True):
            found = self._solve(self.above(np.array(xy), height), q)
            if found is None:
                return None
            way.append(found)
            q = found
        return way

    def _all_free(self, way: list[Array] | None) -> bool:
        return way is not None and all(self.free(q) for q in way)

    def _solve(self, position: Array, start: Array, attempts: int = 1) -> Array | None:
        found = inverse.solve(
            self.model,
            position,
            start,
            rotation=self.model.R_base_down,
            free=UP if self.model.spec.n < 6 else None,
            attempts=attempts,
            tolerance=1e-3,
        )
        return found.q if found.converged else None

    @cached_property
    def _centre(self) -> Array:
        """A configuration with the tool down over the middle of the workspace box."""
        spec = self.model.spec
        middle = (spec.workspace_lower + spec.workspace_upper) / 2
        for height in np.linspace(middle[2], self.floor + 0.1, 4):
            found = self.configuration(np.array([*middle[:2], height]), spec.home, attempts=20)
            if found is not None:
                return found
        return spec.home


def _largest(grid: NDArray[np.bool_]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return first and last row and column of the largest rectangle that is all true."""
    best, found = -1, ((0, 0), (0, 0))
    for top in range(len(grid)):
        full = np.ones(grid.shape[1], dtype=bool)
        for bottom in range(top, len(grid)):
            full &= grid[bottom]
            edges = np.flatnonzero(np.diff(np.concatenate([[0], full.astype(int), [0]])))
            for left, end in edges.reshape(-1, 2):
                size = (bottom - top) * (end - 1 - left)
                if size > best:
                    best, found = size, ((top, bottom), (int(left), int(end) - 1))
    return found
