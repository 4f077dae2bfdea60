"""The folder of a training run: what it was asked to do, how far it came.

runs/<name>/
    config.yaml    everything that made the run, resolved
    curve.csv      evaluations while it learned
    tensorboard/   what Stable-Baselines3 logs
    checkpoint/    model, replay buffer and normalisation; ``--resume`` goes on from it
    checkpoint.old/  the one before, for when that one is damaged
    bundle/        what is deployed
    .lock          held by the process that works in the folder
"""

import csv
import io
import itertools
import os
import shlex
import shutil
from pathlib import Path
from typing import Any

import yaml
from pydantic import NonNegativeInt

from robot_learning.base.errors import ConfigError
from robot_learning.base.folders import owned
from robot_learning.base.settings import Section, read
from robot_learning.training.config import TrainConfig

CURVE = ("steps", "seconds", "success_rate", "mean_distance")
CONFIG = "config.yaml"
LOG = "nodes.log"  # of a demo
Row = dict[str, float]


class Origin(Section):
    """What the files that a run is made from said when it began.

    Attributes:
        robot: the robot's contract.
        task: the task's settings.
        shift: what was randomised, by name; None for nothing.
        guide: name and hash of the policy that guides; None for nobody.
    """

    robot: dict[str, Any]
    task: dict[str, Any]
    shift: dict[str, Any] | None
    guide: dict[str, str] | None = None


class RunConfig(Section):
    """``config.yaml`` of a run."""

    name: str
    robot: str
    task: str
    seed: NonNegativeInt
    code: str
    robot_hash: str
    train: TrainConfig
    origin: Origin

    @property
    def robot_name(self) -> str:
        """The robot without a path."""
        return Path(self.robot).stem


def new_folder(runs: Path, name: str, stem: str) -> Path:
    """Make the folder of a run, ``<stem>-<number>`` where ``name`` is empty, and return it.

    Two processes never get the same one.

    Raises:
        ConfigError: where ``name`` is taken, or nothing can be made in ``runs``.
    """
    names = [name] if name else (f"{stem}-{number}" for number in itertools.count(1))
    for chosen in names:
        folder = runs / chosen
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            continue
        except OSError as error:
            raise ConfigError(
                f"{folder}: can't be made: {error.strerror}; --runs: expected a folder that can "
                f"be written in, not {runs}"
            ) from error
    raise ConfigError(
        f"{runs / name}: there is a run already; --resume {runs / name} goes on from it, "
        "another --name begins one"
    )


def command(verb: str, folder: Path) -> str:
    """Return what to type for a verb of ``robot-learning`` with a run's folder."""
    return f"robot-learning {verb} {shlex.quote(str(folder))}"


def cleared(folder: Path) -> None:
    """Remove an older run, or what a demo of a shipped policy left.

    Raises:
        ConfigError: where the folder holds something else, or another process is at work in it.
    """
    if not folder.exists():
        return
    ours = any((folder / file).is_file() for file in (CONFIG, LOG))
    if not folder.is_dir() or (any(folder.iterdir()) and not ours):
        raise ConfigError(f"{folder}: no run, so it is not replaced; give another --name")
    with owned(folder):
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise ConfigError(f"{folder}: can't be replaced: {error}") from error


def write_config(folder: Path, config: RunConfig) -> None:
    """Write ``config.yaml``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    _write(folder / CONFIG, text)


def read_config(folder: Path) -> RunConfig:
    """Read ``config.yaml``.

    Raises:
        ConfigError: where the folder is no run, or the file is not what it was.
    """
    file = folder / CONFIG
    if not file.is_file():
        raise ConfigError(f"{folder}: no run here; expected {file}")
    return read(RunConfig, file)


def read_curve(folder: Path) -> list[Row]:
    """Return the evaluations so far.

    Raises:
        ConfigError: where the file is damaged.
    """
    file = folder / "curve.csv"
    if not file.is_file():
        return []
    try:
        with file.open(encoding="utf-8", newline="") as stream:
            return [{key: float(row[key]) for key in CURVE} for row in csv.DictReader(stream)]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise ConfigError(
            f"{file}: damaged: {error!r}; remove it to go on without the evaluations so far"
        ) from error


def write_curve(folder: Path, rows: list[Row]) -> None:
    """Write the evaluations."""
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, CURVE)
    writer.writeheader()
    writer.writerows(rows)
    _write(folder / "curve.csv", stream.getvalue())


def _write(file: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = file.with_name(file.name + ".new")
    new.write_text(text, encoding="utf-8", newline="")
    os.replace(new, file)
