"""A campaign as rows, as a picture and as JSON."""

import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from robot_learning.assurance.campaign import Tally, to_json
from robot_learning.robot import RobotSpec

COLOURS = {"OK": "#22c55e", "LIMITED": "#3b82f6", "STOPPING": "#f59e0b", "STOPPED": "#94a3b8"}
PACKAGES = ("robot_learning", "numpy", "numba", "coal", "pin", "daqp", "pybullet")


def total(found: dict[str, Tally]) -> Tally:
    """Return the sum of all tallies."""
    out = Tally()
    for tally in found.values():
        out.add(tally)
    return out


def verdict(found: dict[str, Tally]) -> str:
    """Return PASS where nothing was broken, else FAIL."""
    return "FAIL" if total(found).broken else "PASS"


def rows(found: dict[str, Tally]) -> list[tuple[str, ...]]:
    """Return one row an adversary and a last one for all; see ``HEADS``."""
    return [_row(name, tally) for name, tally in [*found.items(), ("all", total(found))]]


HEADS = ("adversary", "commands", "passed", "changed", "stopped", "broken", "asked - given")


def _row(name: str, tally: Tally) -> tuple[str, ...]:
    def share(*statuses: str) -> str:
        return f"{sum(tally.statuses[status] for status in statuses) / tally.commands:.1%}"

    broken = ", ".join(f"{count} {what}" for what, count in tally.broken.items()) or "0"
    mean = f"{tally.distance / tally.compared:.2f}" if tally.compared else "-"
    passed = share("OK"), share("LIMITED"), share("STOPPING", "STOPPED")
    return (name, f"{tally.commands}", *passed, broken, mean)


def facts(spec: RobotSpec, seed: int, command: str) -> list[tuple[str, str]]:
    """Return what a campaign was run with."""
    return [
        ("robot", spec.name),
        ("hash of the robot", spec.hash),
        ("seed", str(seed)),
        ("made by", command),
        ("versions", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
    ]


def write_json(
    file: Path, spec: RobotSpec, seed: int, command: str, found: dict[str, Tally]
) -> None:
    """Write all there is to know of a campaign, with examples of what was broken."""
    data: dict[str, Any] = dict(facts(spec, seed, command))
    data |= {"verdict": verdict(found), "adversaries": to_json(found)}
    file.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def picture(file: Path, found: dict[str, Tally]) -> None:
    """Draw what became of the commands, a bar an adversary."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(9, 0.5 * len(found) + 1.2), layout="constrained")
    names: Sequence[str] = list(found)[::-1]
    left = [0.0] * len(names)
    for status, colour in COLOURS.items():
        part = [found[name].statuses[status] / found[name].commands for name in names]
        axes.barh(names, part, left=left, color=colour, label=status.lower(), height=0.7)
        left = [a + b for a, b in zip(left, part, strict=True)]
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.legend(ncol=4, loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    figure.savefig(file, dpi=110)
    pyplot.close(figure)
