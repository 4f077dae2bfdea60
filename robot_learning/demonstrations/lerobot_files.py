"""The files of a LeRobot dataset, version 3.0, and the statistics in them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from robot_learning.demonstrations.columns import Columns, table_of

DATA = "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet"
EPISODES = "meta/episodes/chunk-000/file-000.parquet"
TASKS = "meta/tasks.parquet"
CHUNK = 1000  # files a folder
FRAMES = 100_000  # a file; LeRobot has 100 MB in mind
QUANTILES = {"q01": 0.01, "q10": 0.1, "q50": 0.5, "q90": 0.9, "q99": 0.99}


class Files:
    """Writes frames into files of a folder, as many into each as it bears."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: list[Columns] = []
        self._file = 0

    def add(self, frames: Columns) -> int:
        """Take the frames of an episode, and return the number of the file they will be in."""
        waiting = sum(len(part["index"]) for part in self._parts)
        if self._parts and waiting + len(frames["index"]) > FRAMES:
            self._write()
            self._parts, self._file = [], self._file + 1
        self._parts.append(frames)
        return self._file

    def close(self, episodes: list[dict[str, Any]], task: str) -> None:
        """Write what waits, what is said of the episodes, and the words of the task."""
        self._write()
        self._table(pa.Table.from_pylist(episodes), EPISODES)
        self._table(_tasks(task), TASKS)

    def _write(self) -> None:
        name = DATA.format(chunk_index=self._file // CHUNK, file_index=self._file % CHUNK)
        whole = {
            name: np.concatenate([part[name] for part in self._parts]) for name in self._parts[0]
        }
        self._table(table_of(whole), name)

    def _table(self, table: pa.Table, name: str) -> None:
        file = self._folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, file)


class Sums:
    """Gathers the frames that statistics are of."""

    def __init__(self) -> None:
        self._parts: dict[str, list[NDArray[Any]]] = {}

    def add(self, frames: Columns) -> None:
        """Take more frames."""
        for name, column in frames.items():
            self._parts.setdefault(name, []).append(column.reshape(len(column), -1))

    def stats(self) -> dict[str, dict[str, list[float]]]:
        """Return least, largest, mean, deviation, quantiles and count by column."""
        return {name: _stats(np.concatenate(parts)) for name, parts in self._parts.items()}


def write_json(file: Path, data: Any) -> None:
    """Write JSON, and make its folder."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")


def _stats(values: NDArray[Any]) -> dict[str, list[float]]:
    numbers = values.astype(np.float64)
    quantiles = np.quantile(numbers, list(QUANTILES.values()), axis=0)
    return {
        "min": numbers.min(axis=0).tolist(),
        "max": numbers.max(axis=0).tolist(),
        "mean": numbers.mean(axis=0).tolist(),
        "std": numbers.std(axis=0).tolist(),
        "count": [len(numbers)],
        **dict(zip(QUANTILES, quantiles.tolist(), strict=True)),
    }


def _tasks(task: str) -> pa.Table:
    """Return the tasks by their words, as pandas has them, which LeRobot reads them with."""
    fields = [("task_index", "int64", "int64"), ("task", "unicode", "object")]
    described = [
        {
            "name": name,
            "field_name": name,
            "pandas_type": kind,
            "numpy_type": numpy,
            "metadata": None,
        }
        for name, kind, numpy in fields
    ]
    pandas = {"index_columns": ["task"], "column_indexes": [], "columns": described}
    table = pa.table({"task_index": pa.array([0]), "task": [task]})
    return table.replace_schema_metadata({"pandas": json.dumps(pandas)})
