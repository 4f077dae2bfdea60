"""What training is to draw, centred on how an arm was found to follow."""

from pathlib import Path
from typing import Any

import numpy as np
import yaml

from robot_learning.base.settings import find, parse
from robot_learning.identification.fit import Fit

BASE = "training"  # of config/shift: what was not fitted stays as it is there
SPREAD = 0.2  # of the lag, the least to either side
QUARTERS = np.array([-0.375, -0.125, 0.125, 0.375])


def randomisation(found: Fit, age: float, period: float) -> dict[str, Any]:
    """Return the values of a shift file.

    Args:
        found: how the arm follows.
        age: of a joint state when it arrives, s.
        period: control period, s.
    """
    values = parse(find("shift", BASE))
    values.pop("plain")  # No episode is without a delay.
    spread = max(SPREAD * found.lag, found.lag_error)
    lags = [round(max(found.lag - spread, 0.0), 4), round(found.lag + spread, 4)]
    return {
        **values,
        "action_latency": {"choice": _periods(found.delay, period)},
        "observation_latency": {"choice": _periods(age, period)},
        "motor_lag": {"uniform": lags},
    }


def _periods(seconds: float, period: float) -> list[int]:
    """Return whole periods whose mean is as many s, to an eighth of a period."""
    return [max(round(value), 0) for value in (seconds / period + QUARTERS).tolist()]


def write_shift(file: Path, robot: str, found: Fit, age: float, period: float) -> None:
    """Write a shift file for ``robot``; see :func:`randomisation`."""
    schema = find("shift", BASE).parent.parent / "schemas" / "shift.json"
    lines = [
        f"# yaml-language-server: $schema={schema}",
        f"# {robot}, as `robot-learning latency` found it: delay {found.delay * 1e3:.0f} "
        f"± {found.delay_error * 1e3:.0f} ms, lag {found.lag * 1e3:.0f} "
        f"± {found.lag_error * 1e3:.0f} ms,",
        f"# age of a joint state {age * 1e3:.0f} ms; a period is {period * 1e3:.0f} ms. "
        f"The rest is config/shift/{BASE}.yaml's.",
        yaml.safe_dump(
            randomisation(found, age, period), sort_keys=False, default_flow_style=None
        ),
    ]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines), encoding="utf-8")
