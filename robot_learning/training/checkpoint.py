"""Checkpoints: written whole, checked before they are read, with the one before in reserve.

checkpoint/        model.zip, replay.pkl, normalize.pkl, SHA256SUMS
checkpoint.old/    the one before
checkpoint.new/    one that is being written; it counts once its SHA256SUMS is there
"""

import hashlib
import os
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from robot_learning.base.errors import TrainingError

SUMS = "SHA256SUMS"
NEW, LAST, OLD = "checkpoint.new", "checkpoint", "checkpoint.old"
# What a file that is none, or one of another version of a package, is answered with.
UNREADABLE = (
    OSError,
    EOFError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    ImportError,
    AssertionError,
    RuntimeError,
    pickle.UnpicklingError,
    zipfile.BadZipFile,
)


def save_checkpoint(folder: Path, model: BaseAlgorithm) -> None:
    """Write a checkpoint beside the last one, then put it in its place.

    Raises:
        TrainingError: where it can't be written; the last one stays.
    """
    new = folder / NEW
    try:
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        model.save(new / "model.zip")
        if hasattr(model, "save_replay_buffer"):
            model.save_replay_buffer(new / "replay.pkl")
        normalize = model.get_vec_normalize_env()
        if normalize is not None:
            normalize.save(str(new / "normalize.pkl"))
        files = sorted(file.name for file in new.iterdir())
        lines = "".join(f"{_sha256(new / file)}  {file}\n" for file in files)
        (new / SUMS).write_text(lines, encoding="utf-8")
        _promote(folder)
    except (OSError, RuntimeError) as error:
        raise TrainingError(f"{new}: the checkpoint was not written: {error}") from error


def has_checkpoint(folder: Path) -> bool:
    """Say whether there is anything to go on from."""
    return any((folder / name / SUMS).is_file() for name in (NEW, LAST, OLD))


def find_checkpoint(folder: Path) -> tuple[Path, str]:
    """Return the newest sound checkpoint of a run, and what is wrong with newer ones.

    What is wrong is one line, empty where nothing is. Damaged ones are set aside.

    Raises:
        TrainingError: where there is none, naming the file that is missing or was changed.
    """
    if (folder / NEW / SUMS).is_file() and not _damage(folder / NEW):
        _promote(folder)
    last, old = folder / LAST, folder / OLD
    if not last.exists() and not old.exists():
        raise TrainingError(f"{folder}: no checkpoint to go on from; train anew")
    damage = _damage(last)
    if not damage:
        return last, ""
    if not old.exists():
        raise TrainingError(f"{damage}; there is no checkpoint before it: train anew")
    if worse := _damage(old):
        raise TrainingError(f"{damage}, and {worse}: train anew")
    broken = folder / "checkpoint.broken"
    shutil.rmtree(broken, ignore_errors=True)
    if last.exists():
        os.rename(last, broken)
    os.rename(old, last)
    return last, f"{damage}; the checkpoint before it is used"


def load_checkpoint(
    kind: type[BaseAlgorithm], envs: VecEnv, checkpoint: Path, **changed: Any
) -> BaseAlgorithm:
    """Return the model of a checkpoint; ``changed`` are attributes that are to be other.

    Raises:
        TrainingError: naming the file that can't be read.
    """
    file = checkpoint / "normalize.pkl"
    try:
        if isinstance(envs, VecNormalize):
            envs = VecNormalize.load(str(file), envs.venv)
        file = checkpoint / "model.zip"
        model = kind.load(file, env=envs, device="cpu", **changed)
        file = checkpoint / "replay.pkl"
        if hasattr(model, "load_replay_buffer"):
            model.load_replay_buffer(file)
    except UNREADABLE as error:
        said = str(error).split("\n")[0] or type(error).__name__
        raise TrainingError(f"{file}: can't be read: {said}; train anew") from error
    return model


def _promote(folder: Path) -> None:
    """Put the new checkpoint in the place of the last one; a sound one is there at all times."""
    shutil.rmtree(folder / OLD, ignore_errors=True)
    if (folder / LAST).exists():
        os.rename(folder / LAST, folder / OLD)
    os.rename(folder / NEW, folder / LAST)


def _damage(checkpoint: Path) -> str:
    """Say which file of a checkpoint is missing or was changed; empty where none."""
    sums = checkpoint / SUMS
    if not sums.is_file():
        return f"{sums}: missing"
    lines = sums.read_text(encoding="utf-8", errors="replace").splitlines()
    listed = {name: expected for expected, _, name in (line.partition("  ") for line in lines)}
    for name in sorted({file.name for file in checkpoint.iterdir()} - {*listed, SUMS}):
        return f"{checkpoint / name}: not in {SUMS}"
    for name, expected in listed.items():
        if not (checkpoint / name).is_file():
            return f"{checkpoint / name}: missing"
        if _sha256(checkpoint / name) != expected:
            return f"{checkpoint / name}: cut short or changed, its sha256 differs from {SUMS}"
    if not (checkpoint / "model.zip").is_file():
        return f"{checkpoint / 'model.zip'}: missing"
    return ""


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
