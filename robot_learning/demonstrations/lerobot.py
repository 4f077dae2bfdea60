"""A dataset as a LeRobot dataset, version 3.0, for the tools of others.

What LeRobot has a name for is there under that name, in single precision as its policies expect.
All of ours, as it was recorded, is beside it as ``robot_learning.*``, which LeRobot passes on, and
in ``meta/robot_learning.json``; so that nothing is lost on the way back.

meta/info.json, meta/stats.json, meta/tasks.parquet, meta/robot_learning.json
meta/episodes/chunk-000/file-000.parquet
data/chunk-000/file-000.parquet
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import DatasetError
from robot_learning.demonstrations.columns import Columns
from robot_learning.demonstrations.dataset import Dataset
from robot_learning.demonstrations.episode import INPUT, Episode
from robot_learning.demonstrations.lerobot_files import CHUNK, DATA, Files, Sums, write_json
from robot_learning.policy import Interface
from robot_learning.policy.terms import OPENING

VERSION = "v3.0"
OWN = "robot_learning."
SIDE = "meta/robot_learning.json"
AXES = ("x", "y", "z")


def export(
    dataset: Dataset,
    folder: Path,
    on_episode: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Write a dataset as a LeRobot dataset and return how many frames it has.

    Raises:
        DatasetError: where the folder holds something, or the dataset no episode.
    """
    if folder.exists() and any(folder.iterdir()):
        raise DatasetError(f"{folder}: holds something already; take another folder")
    numbers, half = dataset.numbers(), folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    files, sums, task, index = Files(half), Sums(), _task(dataset), 0
    rows: list[dict[str, Any]] = []
    side: list[dict[str, Any]] = []
    features: dict[str, Any] = {}
    for row, number in enumerate(numbers):
        episode = dataset.episode(number)
        frames, features = _frames(episode, dataset.interface, row, index)
        rows.append(_row(frames, row, index, files.add(frames), task))
        side.append({"about": episode.about.model_dump(), "last": _last(episode)})
        sums.add(_named(frames))
        index += episode.steps
        on_episode(row + 1, len(numbers))
    files.close(rows, task)
    write_json(half / "meta/stats.json", sums.stats())
    write_json(half / SIDE, {"dataset": dataset.manifest.model_dump(), "episodes": side})
    write_json(half / "meta/info.json", _info(dataset, features, len(rows), index))
    folder.parent.mkdir(parents=True, exist_ok=True)
    half.replace(folder)
    return index


def state_names(interface: Interface, inputs: tuple[str, ...]) -> list[str]:
    """Return the names of ``observation.state``."""
    return [*interface.joints, *([OPENING] if OPENING in inputs else [])]


def action_names(interface: Interface) -> list[str]:
    """Return the names of ``action``; shares of the full speed, and the gripper's -1 to 1."""
    moved = interface.joints if interface.action_mode == "joint_velocity" else ("tip",) * 3
    axes = ("",) * len(moved) if interface.action_mode == "joint_velocity" else AXES
    names = [f"{name}.v{axis}" for name, axis in zip(moved, axes, strict=True)]
    return [*names, *(["gripper"] if interface.gripper else [])]


def places(names: tuple[str, ...], sizes: dict[str, int]) -> list[str]:
    """Return the names of ``observation.environment_state``: objects and goals, base frame."""
    return [
        f"{name}.{AXES[k] if sizes[name] == 3 else k}"
        for name in names
        if name != OPENING
        for k in range(sizes[name])
    ]


def fps(interface: Interface) -> float:
    """Return frames a second, a whole number where it is one."""
    rate = 1 / (interface.control_period * interface.policy_every)
    return round(rate) if abs(rate - round(rate)) < 1e-6 else rate


def _frames(
    episode: Episode, interface: Interface, number: int, index: int
) -> tuple[Columns, dict[str, Any]]:
    """Return the T frames of an episode by column, and what the columns are."""
    columns, T = episode.columns, episode.steps
    rows = {name: column[:-1] for name, column in columns.items()}
    inputs = [rows[INPUT + name] for name in episode.names if name != OPENING]
    sizes = {name: columns[INPUT + name].shape[1] for name in episode.names}
    state = [rows["q"]] + ([rows[INPUT + OPENING]] if OPENING in episode.names else [])
    done = np.zeros(T, dtype=bool)
    done[-1] = True
    told: dict[str, tuple[NDArray[Any], list[str] | None]] = {
        "observation.state": (_single(state), state_names(interface, episode.names)),
        "observation.velocity": (_single([rows["qd"]]), list(interface.joints)),
    }
    if inputs:
        names = places(episode.names, sizes)
        told["observation.environment_state"] = (_single(inputs), names)
    told |= {
        "action": (_filled(episode, interface).astype(np.float32), action_names(interface)),
        "next.reward": (rows["reward"].astype(np.float32), None),
        "next.success": (rows["is_success"], None),
        "next.done": (done, None),
        "is_intervention": (rows["intervention"], None),
        "timestamp": ((np.arange(T) / fps(interface)).astype(np.float32), None),
        "frame_index": (np.arange(T), None),
        "episode_index": (np.full(T, number), None),
        "index": (np.arange(index, index + T), None),
        "task_index": (np.zeros(T, dtype=np.int64), None),
    }
    # LeRobot has a vector of one number as that number.
    told |= {
        OWN + name: (column[:, 0] if column.shape[1:] == (1,) else column, None)
        for name, column in rows.items()
    }
    features = {name: _feature(column, names) for name, (column, names) in told.items()}
    return {name: column for name, (column, _) in told.items()}, features


def _filled(episode: Episode, interface: Interface) -> NDArray[np.float64]:
    """Return the actions (T, n_action); where nothing was sent, what stands for it: rest."""
    actions = episode.actions.copy()
    silent = ~np.isfinite(actions).all(axis=1)
    actions[silent] = 0.0
    if interface.gripper:
        opened = 2 * episode.columns["opening"][:-1] - 1
        actions[silent, -1] = np.nan_to_num(opened[silent])
    return actions


def _single(parts: list[NDArray[Any]]) -> NDArray[np.float32]:
    return np.concatenate(parts, axis=1).astype(np.float32)


def _feature(column: NDArray[Any], names: list[str] | None) -> dict[str, Any]:
    kind = "string" if column.dtype.kind in "OU" else str(column.dtype)
    return {"dtype": kind, "shape": [column.shape[1] if column.ndim > 1 else 1], "names": names}


def _named(frames: Columns) -> Columns:
    """Return the frames that LeRobot has names for."""
    return {name: column for name, column in frames.items() if not name.startswith(OWN)}


def _row(frames: Columns, number: int, index: int, file: int, task: str) -> dict[str, Any]:
    """Return what ``meta/episodes`` says of an episode."""
    sums = Sums()
    sums.add(_named(frames))
    length = len(frames["index"])
    return {
        "episode_index": number,
        "tasks": [task],
        "length": length,
        "data/chunk_index": file // CHUNK,
        "data/file_index": file % CHUNK,
        "dataset_from_index": index,
        "dataset_to_index": index + length,
        "meta/episodes/chunk_index": 0,
        "meta/episodes/file_index": 0,
        **{
            f"stats/{name}/{key}": value
            for name, stats in sums.stats().items()
            for key, value in stats.items()
        },
    }


def _last(episode: Episode) -> dict[str, Any]:
    """Return the last row, which is no frame."""
    return {name: column[-1:].tolist()[0] for name, column in episode.columns.items()}


def _task(dataset: Dataset) -> str:
    return str(dataset.manifest.task["task"]).replace("_", " ")


def _info(
    dataset: Dataset, features: dict[str, Any], episodes: int, frames: int
) -> dict[str, Any]:
    return {
        "codebase_version": VERSION,
        "robot_type": dataset.manifest.robot["name"],
        "total_episodes": episodes,
        "total_frames": frames,
        "total_tasks": 1,
        "chunks_size": CHUNK,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "fps": fps(dataset.interface),
        "splits": {"train": f"0:{episodes}"},
        "data_path": DATA,
        "video_path": None,
        "features": features,
    }
