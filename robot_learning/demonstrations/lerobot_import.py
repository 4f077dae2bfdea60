"""A LeRobot dataset, version 3.0, as one of ours."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pydantic import ValidationError

from robot_learning.base.errors import DatasetError
from robot_learning.base.settings import explain
from robot_learning.demonstrations import lerobot
from robot_learning.demonstrations.columns import Columns, columns_of, load
from robot_learning.demonstrations.dataset import Manifest
from robot_learning.demonstrations.episode import (
    INPUT,
    STAMP,
    About,
    Beginning,
    Episode,
    Place,
)
from robot_learning.demonstrations.judge import judged
from robot_learning.kinematics import ArmModel
from robot_learning.policy import Interface
from robot_learning.policy.terms import OPENING

INFO = "meta/info.json"


@dataclass(frozen=True)
class Meaning:
    """What a foreign dataset is taken to be of: the arm, the task, and what its actions mean."""

    model: ArmModel
    manifest: Manifest
    interface: Interface


def read(folder: Path, meaning: Meaning | None) -> tuple[Manifest, list[Episode]]:
    """Return what a LeRobot dataset is of, and its episodes.

    Args:
        folder: of the dataset.
        meaning: None for a dataset that :func:`lerobot.export` wrote, which says it itself.

    Raises:
        DatasetError: naming the file and what is missing or differs.
    """
    info = _info(folder)
    if (folder / lerobot.SIDE).exists():
        return _own(folder, info)
    if meaning is None:
        raise DatasetError(
            f"{folder}: not exported by robot_learning; say of what it is: --robot, --task"
        )
    _check(folder, info, meaning.interface)
    names = info["features"].get("observation.environment_state", {}).get("names") or []
    frames = _frames(folder, info, int(info["total_episodes"]))
    return meaning.manifest, [_foreign(part, names, meaning) for part in frames]


def _own(folder: Path, info: dict[str, Any]) -> tuple[Manifest, list[Episode]]:
    """Return what was exported, as it was recorded."""
    file = folder / lerobot.SIDE
    told = _load(file)
    try:
        manifest = Manifest.model_validate(told["dataset"])
        abouts = [About.model_validate(item["about"]) for item in told["episodes"]]
        ends = [item["last"] for item in told["episodes"]]
    except ValidationError as error:
        raise DatasetError(f"{file}: {explain(error)}; export it again") from error
    except (KeyError, TypeError) as error:
        raise DatasetError(f"{file}: not what 'data export' writes: {error}") from error
    parts = _frames(folder, info, len(abouts))
    lacking = [name for name in ends[0] if lerobot.OWN + name not in parts[0]] if ends else []
    if lacking:
        raise DatasetError(f"{file}: the data lack {', '.join(lacking)}; export it again")
    return manifest, [
        Episode(about, {k: _whole(frames[lerobot.OWN + k], value) for k, value in end.items()})
        for about, end, frames in zip(abouts, ends, parts, strict=True)
    ]


def _whole(column: NDArray[Any], end: Any) -> NDArray[Any]:
    """Return a column (T, ...) with its last row behind it."""
    last = np.array([end])
    return np.concatenate([column.reshape(-1, *last.shape[1:]), last])


def _foreign(frames: Columns, names: list[str], meaning: Meaning) -> Episode:
    """Return an episode of what LeRobot has names for; its last frame stands for its end."""
    interface = meaning.interface
    columns = _columns(frames, names, interface)
    begun = {
        name: Place(position=tuple(columns[INPUT + name][0].tolist()), yaw=0.0)
        for name in interface.objects
    }
    about = About(
        source="import",
        world="unknown",
        success=False,
        ended="time",
        recorded="",
        seed=None,
        start=Beginning(q=columns["q"][0].tolist(), opening=0.0, places=begun),
    )
    episode = judged(about, columns, interface, meaning.model)
    if "next.success" not in frames:
        return episode
    success = bool(frames["next.success"][-1])
    return Episode(episode.about.model_copy(update={"success": success}), columns)


def _columns(frames: Columns, names: list[str], interface: Interface) -> Columns:
    """Return the columns of an episode, one row more than frames."""
    n, T = len(interface.joints), len(frames["action"])
    period = interface.control_period * interface.policy_every
    q = frames["observation.state"][:, :n].astype(np.float64)
    slopes = np.gradient(q, period, axis=0) if T > 1 else np.zeros_like(q)
    qd = frames.get("observation.velocity", slopes).astype(np.float64)
    stamp, unknown, no = np.arange(T) * period, np.full(T, np.nan), np.zeros(T, dtype=bool)
    columns = {
        "stamp": stamp,
        "lead": np.zeros(T),
        "q": q,
        "qd": qd,
        "reference_q": q,
        "reference_qd": qd,
        "opening": unknown,
        "action": frames["action"].astype(np.float64),
        "source": np.full(T, "import", dtype=object),
        "intervention": frames.get("is_intervention", no),
        "reward": frames.get("next.reward", unknown).astype(np.float64),
        "effort": unknown,
        "command_changed": no,
    }
    inputs = _inputs(frames, names)
    if OPENING in _state(interface):
        inputs[OPENING] = frames["observation.state"][:, n:].astype(np.float64)
        columns["opening"] = inputs[OPENING][:, 0]
    for name, values in inputs.items():
        columns |= {INPUT + name: values, STAMP + name: stamp}
    columns = {name: np.concatenate([column, column[-1:]]) for name, column in columns.items()}
    columns["stamp"][-1] += period
    columns["action"][-1], columns["source"][-1] = np.nan, ""
    return columns


def _state(interface: Interface) -> list[str]:
    """Return the names that ``observation.state`` has to have."""
    told = interface.gripper or OPENING in interface.needs
    return lerobot.state_names(interface, (OPENING,) if told else ())


def _inputs(frames: Columns, names: list[str]) -> Columns:
    """Return what ``observation.environment_state`` has of each input, from the names there."""
    found: Columns = {}
    heads = [name.rpartition(".")[0] for name in names]
    for head in dict.fromkeys(heads):
        at = [k for k, each in enumerate(heads) if each == head]
        found[head] = frames["observation.environment_state"][:, at].astype(np.float64)
    return found


def _check(folder: Path, info: dict[str, Any], interface: Interface) -> None:
    """Refuse a dataset of another rate, or that lacks what a policy needs to be told."""
    file, features = folder / INFO, info["features"]
    if abs(info["fps"] - lerobot.fps(interface)) > 1e-3:
        raise DatasetError(
            f"{file}: fps: {info['fps']}, but the robot decides {lerobot.fps(interface):g} times "
            "a second; give a robot file with that control_period and policy_every"
        )
    lacking = [name for name in ("observation.state", "action") if name not in features]
    if lacking:
        raise DatasetError(f"{file}: features: no {', '.join(lacking)}")
    wanted = {
        "observation.state": _state(interface),
        "action": lerobot.action_names(interface),
    }
    for name, expected in wanted.items():
        given = features[name].get("names")
        if given != expected:
            raise DatasetError(f"{file}: features.{name}.names: {given}, expected {expected}")
    told = features.get("observation.environment_state", {}).get("names") or []
    heads = {name.rpartition(".")[0] for name in told}
    lacking = [name for name in interface.needs if name not in heads and name != OPENING]
    if lacking:
        raise DatasetError(
            f"{file}: features.observation.environment_state.names: nothing of "
            f"{', '.join(lacking)}; expected {lacking[0]}.x, {lacking[0]}.y, ..."
        )


def _info(folder: Path) -> dict[str, Any]:
    file = folder / INFO
    info = _load(file)
    version = str(info.get("codebase_version"))
    if not version.startswith("v3."):
        raise DatasetError(
            f"{file}: codebase_version: {version}, expected {lerobot.VERSION}; convert it with "
            "LeRobot's convert_dataset_v21_to_v30"
        )
    for name in ("fps", "features", "total_episodes", "total_frames"):
        if name not in info:
            raise DatasetError(f"{file}: {name}: missing")
    return info


def _load(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(
            f"{file}: {error.strerror}; expected the folder of a LeRobot dataset"
        ) from error
    except ValueError as error:
        raise DatasetError(f"{file}: not valid JSON: {error}") from error
    if not isinstance(data, dict):
        raise DatasetError(f"{file}: expected an object")
    return data


def _frames(folder: Path, info: dict[str, Any], episodes: int) -> list[Columns]:
    """Return the frames of each episode by column.

    Raises:
        DatasetError: where a file is damaged, or frames are missing.
    """
    files = sorted((folder / "data").glob("*/*.parquet"))
    tables = [load(file) for file in files]
    if not tables:
        raise DatasetError(f"{folder / 'data'}: no Parquet file, and no frames")
    count = sum(len(table) for table in tables)
    if count != info["total_frames"]:
        raise DatasetError(
            f"{folder / 'data'}: {count} frames, but {INFO} says {info['total_frames']}; "
            "files are missing"
        )
    whole = pa.concat_tables(tables)
    lacking = [name for name in info["features"] if name not in whole.column_names]
    lacking = [name for name in lacking if info["features"][name]["dtype"] != "video"]
    if lacking:
        raise DatasetError(f"{files[0]}: column '{lacking[0]}': missing, but {INFO} names it")
    columns = columns_of(whole)
    of = [np.flatnonzero(columns["episode_index"] == number) for number in range(episodes)]
    return [{name: column[at] for name, column in columns.items()} for at in of]
