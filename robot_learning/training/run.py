"""The folder of a training run: what it was asked to do, how far it came.

runs/<name>/
    config.yaml    everything that made the run, resolved
    curve.csv      evaluations while it learned
    tensorboard/   what Stable-Baselines3 logs
    checkpoint/    model, replay buffer and normalisation; ``--resume`` goes on from it
    bundle/        what is deployed
"""

import csv
import os
import shutil
from pathlib import Path

import yaml
from pydantic import NonNegativeInt

from robot_learning.base.errors import ConfigError
from robot_learning.base.settings import Section, read
from robot_learning.training.config import TrainConfig

CURVE = ("steps", "seconds", "success_rate", "mean_distance")
Row = dict[str, float]


class RunConfig(Section):
    """``config.yaml`` of a run."""

    name: str
    robot: str
    task: str
    seed: NonNegativeInt
    code: str
    robot_hash: str
    train: TrainConfig

    @property
    def robot_name(self) -> str:
        """The robot without a path."""
        return Path(self.robot).stem


def write_config(folder: Path, config: RunConfig) -> None:
    """Write ``config.yaml``."""
    folder.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False)
    (folder / "config.yaml").write_text(text, encoding="utf-8")


def read_config(folder: Path) -> RunConfig:
    """Read ``config.yaml``.

    Raises:
        ConfigError: where the folder is no run, or the file is not what it was.
    """
    file = folder / "config.yaml"
    if not file.is_file():
        raise ConfigError(f"{folder}: no run here; expected {file}")
    return read(RunConfig, file)


def read_curve(folder: Path) -> list[Row]:
    """Return the evaluations so far."""
    file = folder / "curve.csv"
    if not file.is_file():
        return []
    with file.open() as stream:
        return [{key: float(row[key]) for key in CURVE} for row in csv.DictReader(stream)]


def write_curve(folder: Path, rows: list[Row]) -> None:
    """Write the evaluations."""
    with (folder / "curve.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, CURVE)
        writer.writeheader()
        writer.writerows(rows)


def replace_folder(new: Path, old: Path) -> None:
    """Put a finished folder in the place of another; at no time is neither there."""
    outgoing = old.with_name(old.name + ".old")
    shutil.rmtree(outgoing, ignore_errors=True)
    if old.exists():
        os.rename(old, outgoing)
    os.rename(new, old)
    shutil.rmtree(outgoing, ignore_errors=True)


def find_checkpoint(folder: Path) -> Path:
    """Return the newest complete checkpoint of a run.

    Raises:
        ConfigError: where there is none.
    """
    for name in ("checkpoint", "checkpoint.old"):
        if (folder / name / "model.zip").is_file():
            return folder / name
    raise ConfigError(f"{folder}: no checkpoint to resume from")
