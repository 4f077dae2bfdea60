"""A dataset: episodes of one robot, task and way to act, in one folder.

dataset.json                  the robot's contract, the task, the interface, format version
episodes/episode_000000.parquet  one episode a file; delete one, and the others stay
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from robot_learning.base.errors import BundleError, ConfigError, DatasetError
from robot_learning.base.settings import Section, explain
from robot_learning.demonstrations import episode as files
from robot_learning.demonstrations.episode import INPUT, STAMP, Episode
from robot_learning.policy import Interface
from robot_learning.robot import RobotSpec
from robot_learning.robot.contract import differences, flat

FORMAT = 1
MANIFEST = "dataset.json"
# What of an interface says what an action does; what is observed may change later.
MOTION = (
    "joints",
    "action_mode",
    "gripper",
    "velocity_scale",
    "tip_speed",
    "acceleration_scale",
    "control_period",
    "policy_every",
)
NUMBERS = ("stamp", "lead", "opening", "reward", "distance", "effort")
FLAGS = ("intervention", "is_success", "command_changed")


class Manifest(Section):
    """``dataset.json``.

    Attributes:
        format: version of the format.
        robot: the robot's contract.
        robot_hash: sha256 of that.
        task: its settings, with the steps of an episode and the tolerance.
        interface: how the recorded actions move the arm, and what was observed meanwhile.
    """

    format: int
    robot: dict[str, Any]
    robot_hash: str
    task: dict[str, Any]
    interface: dict[str, Any]

    @classmethod
    def of(cls, spec: RobotSpec, task: Mapping[str, Any], interface: Interface) -> "Manifest":
        """Return what a dataset of these says."""
        told = {"robot": spec.contract(), "task": dict(task), "interface": interface.to_dict()}
        plain = json.loads(json.dumps(told))  # as a file has it: no tuples
        return cls(format=FORMAT, robot_hash=spec.hash, **plain)


class Dataset:
    """Episodes in a folder.

    Attributes:
        folder: where they are.
        manifest: what they all share.
        interface: the one that they were recorded with.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        try:
            self.interface = Interface.from_dict(manifest.interface)
        except (BundleError, ConfigError) as error:
            raise DatasetError(f"{folder / MANIFEST}: {error}") from error

    @classmethod
    def open(cls, folder: str | Path) -> "Dataset":
        """Open the dataset in a folder.

        Raises:
            DatasetError: naming the file and the field that is wrong.
        """
        folder = Path(folder)
        file = folder / MANIFEST
        try:
            manifest = Manifest.model_validate_json(file.read_bytes())
        except OSError as error:
            raise DatasetError(
                f"{file}: {error.strerror}; expected a folder that 'record' or 'data import' wrote"
            ) from error
        except ValidationError as error:
            raise DatasetError(f"{file}: {explain(error)}") from error
        if manifest.format != FORMAT:
            raise DatasetError(
                f"{file}: format: {manifest.format}, but this version reads {FORMAT}; upgrade "
                "robot_learning"
            )
        return cls(folder, manifest)

    @classmethod
    def make(
        cls, folder: Path, spec: RobotSpec, task: Mapping[str, Any], interface: Interface
    ) -> "Dataset":
        """Open the dataset of a folder to add to it, or begin one.

        Raises:
            DatasetError: where what is there is something else, naming what differs.
        """
        return cls.begin(folder, Manifest.of(spec, task, interface), str(spec.path))

    @classmethod
    def begin(cls, folder: Path, manifest: Manifest, where: str) -> "Dataset":
        """As :meth:`make`, with what a dataset says; ``where`` it says so is for errors."""
        if (folder / MANIFEST).exists():
            dataset = cls.open(folder)
            dataset.compare(manifest, where)
            return dataset
        refuse_foreign(folder)
        (folder / "episodes").mkdir(parents=True, exist_ok=True)
        half = folder / f".{MANIFEST}"
        half.write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
        half.replace(folder / MANIFEST)
        return cls(folder, manifest)

    def check(self, spec: RobotSpec, task: Mapping[str, Any], interface: Interface) -> None:
        """Refuse to be used for another robot, task, rate or way to act.

        Raises:
            DatasetError: naming every field that differs.
        """
        self.compare(Manifest.of(spec, task, interface), str(spec.path))

    def compare(self, other: Manifest, where: str) -> None:
        """As :meth:`check`, with what another dataset says, for errors ``where``."""
        name, theirs = self.manifest.robot.get("name"), other.robot.get("name")
        if name != theirs:
            raise DatasetError(f"{self.folder}: robot: recorded with {name}, not {theirs}")
        found = differences(self.manifest.robot, other.robot, "the dataset", where)
        kept, asked = flat(self.manifest.task), flat(other.task)
        both = sorted((set(kept) | set(asked)) - {"steps"})  # a human takes longer
        found += [_line("task", k, kept, asked) for k in both if kept.get(k) != asked.get(k)]
        own, interface = self.manifest.interface, other.interface
        found += [_line("interface", k, own, interface) for k in MOTION if own[k] != interface[k]]
        if found:
            raise DatasetError(
                f"{self.folder}: {'; '.join(found)}; take another folder, or what it was made for"
            )

    @property
    def files(self) -> list[Path]:
        """The episodes' files, oldest first."""
        return sorted((self.folder / "episodes").glob("episode_*.parquet"))

    def __len__(self) -> int:
        return len(self.files)

    def __iter__(self) -> Iterator[Episode]:
        return map(self.read, self.files)

    def episode(self, number: int) -> Episode:
        """Return the episode of a number.

        Raises:
            DatasetError: where there is none, or its file is damaged.
        """
        file = self._file(number)
        if not file.exists():
            numbers = self.numbers()
            raise DatasetError(
                f"{self.folder}: no episode {number}; there are {numbers[0]} to {numbers[-1]}"
            )
        return self.read(file)

    def numbers(self) -> list[int]:
        """Return the numbers of the episodes, oldest first; not empty.

        Raises:
            DatasetError: where there is none.
        """
        if not self.files:
            raise DatasetError(f"{self.folder}: holds no episode yet; record some")
        return [_number(file) for file in self.files]

    def successes(self) -> list[Episode]:
        """Return the episodes that succeed.

        Raises:
            DatasetError: where none does, or a file is damaged.
        """
        episodes = list(self)
        found = [episode for episode in episodes if episode.about.success]
        if not found:
            raise DatasetError(
                f"{self.folder}: none of {len(episodes)} episodes succeeds; record some that do"
            )
        return found

    def next_seed(self) -> int:
        """Return the seed behind the largest there is."""
        seeds = [files.about(file).seed for file in self.files]
        return 1 + max((seed for seed in seeds if seed is not None), default=-1)

    def add(self, episode: Episode) -> Path:
        """Keep an episode as the newest, and return its file."""
        files_there = self.files
        file = self._file(_number(files_there[-1]) + 1 if files_there else 0)
        files.write(file, episode)
        return file

    def read(self, file: Path) -> Episode:
        """Read an episode and check that it is one of these.

        Raises:
            DatasetError: naming the file and the column that is wrong.
        """
        episode = files.read(file)
        n = len(self.interface.joints)
        widths = dict.fromkeys(("q", "qd", "reference_q", "reference_qd"), n)
        widths |= {"action": self.interface.n_action}
        widths |= dict.fromkeys((*NUMBERS, *FLAGS, "source"), 0)
        widths |= dict.fromkeys((STAMP + name for name in episode.names), 0)
        for name, width in widths.items():
            _check_column(file, name, episode, width)
        for name in ("stamp", "q", "qd", *(INPUT + each for each in episode.names)):
            if not np.isfinite(episode.columns[name]).all():
                raise DatasetError(f"{file}: column '{name}': not finite; delete the file")
        return episode

    def _file(self, number: int) -> Path:
        return self.folder / "episodes" / f"episode_{number:06d}.parquet"


def refuse_foreign(folder: Path) -> None:
    """Refuse a folder that holds something else than a dataset, before anything is put there.

    Raises:
        DatasetError: where it does.
    """
    if (folder / MANIFEST).exists() or not folder.exists():
        return
    if not folder.is_dir() or any(not item.name.startswith(".") for item in folder.iterdir()):
        raise DatasetError(f"{folder}: holds something, but no {MANIFEST}; take another folder")


def _number(file: Path) -> int:
    found = re.fullmatch(r"episode_(\d+)", file.stem)
    if found is None:
        raise DatasetError(f"{file}: no name of an episode; expected episode_000000.parquet")
    return int(found[1])


def _check_column(file: Path, name: str, episode: Episode, width: int) -> None:
    column = episode.columns.get(name)
    if column is None:
        raise DatasetError(f"{file}: column '{name}': missing; delete the file")
    shape = (width,) if width else ()
    if column.shape[1:] != shape or not len(column):
        raise DatasetError(f"{file}: column '{name}': {column.shape[1:]} a row, expected {shape}")


def _line(part: str, key: str, kept: Mapping[str, Any], theirs: Mapping[str, Any]) -> str:
    return f"{part}.{key}: {kept.get(key)} in the dataset, not {theirs.get(key)}"
