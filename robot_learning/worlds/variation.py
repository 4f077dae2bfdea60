"""How an episode's physics and sensors differ from the plain simulation.

A YAML file gives each value of :class:`Variation` a number or a distribution, drawn anew for
each episode:
``{uniform: [low, high]}``, ``{log_uniform: [low, high]}``, ``{normal: [mean, deviation]}`` or
``{choice: [...]}``. ``plain`` is the share of the episodes that differ in nothing. A file with a
``grid`` lists values instead, to evaluate with one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from pydantic import Field, FiniteFloat, TypeAdapter, create_model, model_validator

from robot_learning.base.errors import ConfigError
from robot_learning.base.settings import Section, check, find, parse

KINDS = ("uniform", "log_uniform", "normal", "choice")


@dataclass(frozen=True)
class Variation:
    """One episode's differences; the defaults are none.

    Attributes:
        link_mass: times the masses of the arm's links.
        payload: mass at the last link, kg.
        damping: of the joints, N m s/rad or N s/m.
        motor_gain: times the gains of the motors; below 1 the arm follows less closely.
        motor_lag: time constant of a first-order lag between a reference and its joint, s.
        motor_force: times the largest forces of the motors.
        object_mass: times the masses of the objects.
        friction: times the friction of the objects.
        gravity_tilt: angle between gravity and the floor's normal, rad; its heading is drawn.
        action_latency: control periods from a command to the motion.
        observation_latency: control periods from a state to its arrival.
        joint_noise: standard deviation of each joint reading, rad or m.
        joint_bias: standard deviation of each joint's offset, one an episode, rad or m.
        input_noise: standard deviation of each measured position of an object, m.
        input_bias: standard deviation of its offset, one an episode, m.
        dropped: share of the states that never arrive.
        camera_offset: standard deviation of where a camera stands, along each axis, m.
    """

    link_mass: float = 1.0
    payload: float = 0.0
    damping: float = 0.0
    motor_gain: float = 1.0
    motor_lag: float = 0.0
    motor_force: float = 1.0
    object_mass: float = 1.0
    friction: float = 1.0
    gravity_tilt: float = 0.0
    action_latency: int = 0
    observation_latency: int = 0
    joint_noise: float = 0.0
    joint_bias: float = 0.0
    input_noise: float = 0.0
    input_bias: float = 0.0
    dropped: float = 0.0
    camera_offset: float = 0.0


NAMES = tuple(field.name for field in fields(Variation))
LOWEST = {"link_mass": 0.1, "motor_gain": 0.05, "motor_force": 0.05, "object_mass": 0.1}


class Distribution(Section):
    """One of the distributions; see the module."""

    uniform: tuple[FiniteFloat, FiniteFloat] | None = None
    log_uniform: tuple[FiniteFloat, FiniteFloat] | None = None
    normal: tuple[FiniteFloat, FiniteFloat] | None = None
    choice: list[FiniteFloat] | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one(self) -> "Distribution":
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            raise ValueError(f"expected one of {', '.join(KINDS)}")
        for low, high in filter(None, (self.uniform, self.log_uniform)):
            if low > high or (self.log_uniform and low <= 0):
                raise ValueError(f"{given[0]}: expected [low, high], above 0 for log_uniform")
        return self

    def draw(self, rng: np.random.Generator) -> float:
        """Return one value."""
        if self.uniform is not None:
            return float(rng.uniform(*self.uniform))
        if self.log_uniform is not None:
            return float(np.exp(rng.uniform(*np.log(self.log_uniform))))
        if self.normal is not None:
            return float(rng.normal(*self.normal))
        return float(rng.choice(self.choice or []))

    @property
    def largest(self) -> float:
        """The largest value there is; without an end, three deviations above the mean."""
        if self.normal is not None:
            return self.normal[0] + 3 * self.normal[1]
        return max(self.uniform or self.log_uniform or self.choice or ())


def _model(name: str, value: Any, base: type[Section]) -> type[Section]:
    """Return a section with a ``value`` for each of :class:`Variation`, none of them needed."""
    given: Any = {key: (value, Field(default=None, validate_default=False)) for key in NAMES}
    return create_model(name, __base__=base, __doc__=Variation.__doc__, **given)


class Shares(Section):
    """How many of the episodes differ."""

    plain: float = Field(default=0.0, ge=0.0, le=1.0)


Shifts = _model("Shifts", FiniteFloat | Distribution, Shares)
Grid = _model("Grid", list[FiniteFloat], Section)


class GridFile(Section):
    """A YAML file of values to evaluate with one by one."""

    grid: Grid  # type: ignore[valid-type]


class Randomization:
    """Draws the variation of each episode.

    Args:
        values: a number or a :class:`Distribution` for some of the values of :class:`Variation`.
        plain: share of the episodes that differ in nothing.
    """

    def __init__(self, values: Mapping[str, float | Distribution], plain: float = 0.0) -> None:
        self.values, self.plain = values, plain

    def draw(self, rng: np.random.Generator) -> Variation:
        """Return the variation of one episode."""
        if self.plain and rng.random() < self.plain:
            return Variation()
        drawn: dict[str, Any] = {}
        for name, value in self.values.items():
            number = value.draw(rng) if isinstance(value, Distribution) else value
            number = max(number, LOWEST.get(name, 0.0))
            drawn[name] = round(number) if name.endswith("latency") else number
        return Variation(**drawn)

    def largest(self, name: str) -> float:
        """Return the largest value drawn for a quantity that is 0 in the plain simulation."""
        value = self.values.get(name, 0.0)
        return value.largest if isinstance(value, Distribution) else value


class Case(NamedTuple):
    """One of the shifts that a grid goes through.

    Attributes:
        name: of the value that is shifted.
        value: what it is shifted to.
        shift: that alone.
    """

    name: str
    value: float
    shift: Randomization


def load_shifts(name_or_path: str | Path) -> Randomization:
    """Read a shipped YAML file of ``config/shift`` by name, or any by path.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    path = find("shift", name_or_path)
    data = parse(path)
    if "grid" in data:
        raise ConfigError(f"{path}: grid: a grid is to evaluate with; expected values to draw")
    file = check(Shifts, data, path)
    values = {name: getattr(file, name) for name in NAMES if name in data}
    return Randomization(values, file.plain)  # type: ignore[attr-defined]


def load_grid(name_or_path: str | Path) -> list[Case] | None:
    """Read the cases of a YAML file with a ``grid``; None where it has none.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    path = find("shift", name_or_path)
    data = parse(path)
    if "grid" not in data:
        return None
    grid = check(GridFile, data, path).grid
    return [
        Case(name, value, Randomization({name: value}))
        for name in data["grid"]
        for value in getattr(grid, name)
    ]


def shift_schema() -> dict[str, Any]:
    """Return the JSON schema of a YAML file of values to draw, or of a grid."""
    return TypeAdapter(Shifts | GridFile).json_schema()  # type: ignore[arg-type]
