"""Reference statistics of observation terms, and how far live observations are from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def reference(observations: Array, slices: Mapping[str, slice]) -> dict[str, Any]:
    """Return what a bundle remembers of observations (count, n_obs), term by term."""
    summaries = {
        name: {
            "mean": observations[:, part].mean(axis=0).tolist(),
            "std": observations[:, part].std(axis=0).tolist(),
            "min": observations[:, part].min(axis=0).tolist(),
            "max": observations[:, part].max(axis=0).tolist(),
        }
        for name, part in slices.items()
    }
    return {"count": len(observations), "terms": summaries}


@dataclass(frozen=True)
class Deviation:
    """How far live observations of one term are from the reference.

    Attributes:
        mean_shift: largest distance of a live mean from its reference mean, reference deviations.
        outside: share of live values outside the reference range.
    """

    mean_shift: float
    outside: float


def deviation(live: Array, summary: Mapping[str, Any]) -> Deviation:
    """Compare live values (count, size) of a term with its reference summary."""
    std = np.maximum(np.asarray(summary["std"]), 1e-6)
    shift = np.abs(live.mean(axis=0) - np.asarray(summary["mean"])) / std
    beyond = (live < np.asarray(summary["min"])) | (live > np.asarray(summary["max"]))
    return Deviation(float(shift.max()), float(beyond.mean()))
