"""An episode: what was measured, told and done once a policy period; one Parquet file."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from numpy.typing import NDArray
from pydantic import ValidationError

from robot_learning.base.errors import DatasetError
from robot_learning.base.settings import Section, explain
from robot_learning.base.types import ArmState, Input, Scene, Start
from robot_learning.demonstrations.columns import columns_of, damaged, load, table_of
from robot_learning.policy.terms import GOALS

Array = NDArray[np.float64]
KEY = b"robot_learning"
INPUT, STAMP, BODY = "input.", "stamp.", "body."
SOURCES = ("expert", "policy", "teleoperation", "released", "bag", "import")


class Place(Section):
    """Where an object stands: position (3,), base frame, m, and turn about the vertical, rad."""

    position: tuple[float, float, float]
    yaw: float


class Beginning(Section):
    """A start (:class:`~robot_learning.base.types.Start`), ready for JSON."""

    q: list[float]
    opening: float
    places: dict[str, Place]

    @classmethod
    def of(cls, start: Start) -> "Beginning":
        """Return what a start says; its scene is in the columns."""
        places = {
            name: Place(position=tuple(position.tolist()), yaw=float(yaw))
            for name, (position, yaw) in start.places.items()
        }
        return cls(q=start.q.tolist(), opening=start.opening, places=places)

    def start(self) -> Start:
        """Return the start."""
        places = {k: (np.array(item.position), item.yaw) for k, item in self.places.items()}
        return Start(np.array(self.q), self.opening, places)


class About(Section):
    """What is said of an episode as a whole.

    Attributes:
        source: who began to act, one of ``SOURCES``.
        world: where it took place: bullet, mujoco or ros.
        success: whether its last step was one.
        ended: why it did: ``time``, ``success``, ``operator``, or what went wrong.
        recorded: when, ISO 8601.
        seed: that the task drew it with; None where nothing was drawn.
        start: where everything was.
    """

    source: str
    world: str
    success: bool
    ended: str
    recorded: str
    seed: int | None
    start: Beginning


@dataclass(frozen=True)
class Episode:
    """T steps, and what was measured at the T + 1 times around them.

    A step's action is the answer to the row that it is in; ``reward``, ``is_success``,
    ``distance``, ``effort`` and ``command_changed`` of that row are what came of it. The last row
    has no step: NaN, False and an empty source.

    Attributes:
        about: what is said of it as a whole.
        columns: (T + 1, ...) each, by name: ``stamp`` of the joint state and ``lead`` by which a
            command of then takes effect later, s; ``q``, ``qd`` measured; ``reference_q``,
            ``reference_qd`` commanded; ``opening`` that the gripper was sent to; ``fingers``;
            ``action``, NaN where nothing was sent; ``source``, ``intervention``; what came of it;
            ``input.NAME`` with its ``stamp.NAME``, and ``body.NAME`` of a simulated object as in
            :class:`~robot_learning.base.types.Scene`.
    """

    about: About
    columns: Mapping[str, NDArray[Any]]

    @property
    def steps(self) -> int:
        """T."""
        return len(self.columns["stamp"]) - 1

    @property
    def actions(self) -> Array:
        """What was done, (T, n_action); NaN where nothing was sent."""
        return np.asarray(self.columns["action"][:-1])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the inputs."""
        return tuple(name[len(INPUT) :] for name in self.columns if name.startswith(INPUT))

    def state(self, row: int) -> ArmState:
        """Return the measured joint state."""
        columns = self.columns
        return ArmState(columns["q"][row], columns["qd"][row], float(columns["stamp"][row]))

    def inputs(self, row: int) -> dict[str, Input]:
        """Return what else was measured or told, by name."""
        return {
            name: Input(
                _shaped(self.columns[INPUT + name][row]), float(self.columns[STAMP + name][row])
            )
            for name in self.names
        }

    def start_at(self, row: int) -> Start:
        """Return a start with the arm at rest where it was sent, and all else as it was then.

        Of an episode that no simulation knows, objects stand where they were, turned as at first.

        Give it to :meth:`ArmEnv.reset` in ``options`` together with :meth:`goals_from`.
        """
        columns, begun, told = self.columns, self.about.start.start(), self.inputs(row)
        bodies = {
            name[len(BODY) :]: column[row]
            for name, column in columns.items()
            if name.startswith(BODY)
        }
        opening = float(columns["opening"][row])
        return Start(
            np.asarray(columns["reference_q"][row]),
            begun.opening if np.isnan(opening) else opening,
            {name: (told[name].value, yaw) for name, (_, yaw) in begun.places.items()},
            Scene(bodies, columns["fingers"][row] if "fingers" in columns else np.zeros(0)),
        )

    def goals_from(self, row: int = 0) -> "Goals":
        """Return the goals as they were told from that row on."""
        return Goals(self, row)


@dataclass(frozen=True)
class Goals:
    """What an episode was told, as a function of the time since one of its rows."""

    episode: Episode
    row: int

    def __call__(self, time: float) -> dict[str, Array]:
        """Return the goals by name, ``time`` s after the row; each stands until the next."""
        stamps = self.episode.columns["stamp"]
        at = int(np.searchsorted(stamps, stamps[self.row] + time + 1e-9)) - 1
        told = self.episode.inputs(min(max(at, self.row), self.episode.steps))
        return {name: item.value for name, item in told.items() if name in GOALS}


def _shaped(value: Array) -> Array:
    """Return an input as observation terms read it: nine numbers are a rotation (3, 3)."""
    return value.reshape(3, 3) if len(value) == 9 else value


def write(file: Path, episode: Episode) -> None:
    """Write an episode; the file is whole or not there."""
    table = table_of(dict(episode.columns))
    half = file.with_suffix(".half")
    parquet.write_table(
        table.replace_schema_metadata({KEY: episode.about.model_dump_json()}), half
    )
    with half.open("rb") as written:
        os.fsync(written.fileno())
    half.replace(file)


def read(file: Path) -> Episode:
    """Read an episode.

    Raises:
        DatasetError: naming the file and what is wrong with it.
    """
    table = load(file)
    return Episode(_about(file, table.schema), columns_of(table))


def about(file: Path) -> About:
    """Read what is said of an episode as a whole, and no more.

    Raises:
        DatasetError: naming the file and what is wrong with it.
    """
    try:
        return _about(file, parquet.read_schema(file))
    except (pa.ArrowException, OSError) as error:
        raise damaged(file, error) from error


def _about(file: Path, schema: pa.Schema) -> About:
    told = (schema.metadata or {}).get(KEY)
    if told is None:
        raise DatasetError(
            f"{file}: no episode of robot_learning; import a LeRobot dataset with: data import"
        )
    try:
        return About.model_validate_json(told)
    except ValidationError as error:
        raise DatasetError(f"{file}: {explain(error)}") from error
