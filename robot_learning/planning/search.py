"""The only place that knows OMPL: a way of straight lines around what is in between."""

import numpy as np
from numpy.typing import NDArray
from ompl import base, geometric, util

from robot_learning.planning.space import Space, line

Array = NDArray[np.float64]
LINES = 2000  # that are looked at before another search has better chances
RANGE = 1.5  # rad or m; the longest line that is tried at once
ROUNDS = 3  # of shortening


class _States(base.StateValidityChecker):  # type: ignore[misc]
    def __init__(self, information: base.SpaceInformation, space: Space) -> None:
        super().__init__(information)
        self._space = space

    def isValid(self, state: base.State) -> bool:
        return self._space.is_free(_numbers(state, self._space.spec.n))


class _Lines(base.MotionValidator):  # type: ignore[misc]
    """Proves a line as the filter proves a motion, so that no step can be too long."""

    def __init__(self, information: base.SpaceInformation, space: Space) -> None:
        super().__init__(information)
        self._space = space
        self.tried = 0

    def checkMotion(self, first: base.State, second: base.State) -> bool:
        self.tried += 1
        space, n = self._space, self._space.spec.n
        q = _numbers(second, n)
        return space.is_free(q) and space.keeps(line(_numbers(first, n), q))


def search(space: Space, start: Array, goal: Array, seed: int, seconds: float) -> Array | None:
    """Return the corners (m, n) of a short way from ``start`` to ``goal`` (n,), or None.

    The same seed gives the same way, unless the time is too short to find it. RRT-Connect:
    Kuffner, LaValle 2000; shortening: Geraerts, Overmars 2007.

    Args:
        space: that it stays in.
        start: rad or m.
        goal: rad or m.
        seed: of the search.
        seconds: that it may take.
    """
    util.noOutputHandler()
    util.RNG.setSeed(seed + 1)  # 0 would be the time
    information, lines = _information(space)
    problem = base.ProblemDefinition(information)
    problem.setStartAndGoalStates(*(_state(information, q) for q in (start, goal)))
    planner = geometric.RRTConnect(information)
    planner.setRange(RANGE)
    planner.setProblemDefinition(problem)
    planner.setup()
    long = base.timedPlannerTerminationCondition(seconds)
    many = base.PlannerTerminationCondition(lambda: lines.tried >= LINES)
    planner.solve(base.plannerOrTerminationCondition(long, many))
    if not problem.hasExactSolution():
        return None
    path = problem.getSolutionPath()
    shorten = geometric.PathSimplifier(information)
    for _ in range(ROUNDS):
        shorten.reduceVertices(path)
        shorten.partialShortcutPath(path)
    shorten.reduceVertices(path)
    return np.array([_numbers(state, space.spec.n) for state in path.getStates()])


def _information(space: Space) -> tuple[base.SpaceInformation, _Lines]:
    n = space.spec.n
    bounds, states = base.RealVectorBounds(n), base.RealVectorStateSpace(n)
    for k in range(n):
        bounds.setLow(k, float(space.lower[k]))
        bounds.setHigh(k, float(space.upper[k]))
    states.setBounds(bounds)
    information = base.SpaceInformation(states)
    information.setStateValidityChecker(_States(information, space))
    lines = _Lines(information, space)
    information.setMotionValidator(lines)
    information.setup()
    return information, lines


def _state(information: base.SpaceInformation, q: Array) -> base.State:
    state = information.allocState()
    for k, value in enumerate(q):
        state[k] = float(value)
    return state


def _numbers(state: base.State, n: int) -> Array:
    return np.array([state[k] for k in range(n)])
