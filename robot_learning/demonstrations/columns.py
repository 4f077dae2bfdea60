"""Columns of numbers, as numpy has them and as Parquet files do."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from robot_learning.base.errors import DatasetError

Columns = dict[str, NDArray[Any]]


def table_of(columns: Columns) -> pa.Table:
    """Return columns (T, ...) as a table of Arrow's."""
    return pa.table({name: _arrow(column) for name, column in columns.items()})


def columns_of(table: pa.Table) -> Columns:
    """Return the columns (T, ...) of a table."""
    return {name: _array(table.column(name)) for name in table.column_names}


def load(file: Path) -> pa.Table:
    """Read a Parquet file.

    Raises:
        DatasetError: where it is cut short or something else.
    """
    try:
        return parquet.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise damaged(file, error) from error


def damaged(file: Path, error: Exception) -> DatasetError:
    """Return what to raise where a file can't be read."""
    said = " ".join(str(error).split())
    return DatasetError(
        f"{file}: cut short or no Parquet file: {said}; delete it, the other episodes stay"
    )


def _arrow(column: NDArray[Any]) -> pa.Array:
    if column.ndim == 1:
        return pa.array(column)
    flat = pa.array(np.ascontiguousarray(column).ravel())
    return pa.FixedSizeListArray.from_arrays(flat, column.shape[1])


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    whole = column.combine_chunks()
    if pa.types.is_list(whole.type):
        return np.array(whole.to_pylist())
    if not pa.types.is_fixed_size_list(whole.type):
        return np.asarray(whole.to_numpy(zero_copy_only=False))
    flat = whole.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat.reshape(len(whole), whole.type.list_size))
