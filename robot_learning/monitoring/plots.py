"""Pictures of a training and of a session."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402
from matplotlib.ticker import LogLocator, NullFormatter  # noqa: E402

from robot_learning.monitoring.session import Session

BLUE, GREEN, RED, GREY = "#2563eb", "#16a34a", "#dc2626", "#94a3b8"
STYLE: Any = {
    "axes.edgecolor": GREY,
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "figure.dpi": 110,
    "font.size": 9,
    "grid.color": "#e2e8f0",
    "legend.frameon": False,
}
Curve = Sequence[Mapping[str, float]]


def write_plots(folder: Path, curve: Curve, session: Session | None = None) -> dict[str, Path]:
    """Write one PNG a plot and return them by title, in the order a report shows them."""
    folder.mkdir(parents=True, exist_ok=True)
    plots: dict[str, Callable[[], Any]] = {}
    if curve:
        plots["Learning curve"] = lambda: _learning_curve(curve)
    if session is not None and session.goals:
        plots["Goals"] = lambda: _goals(session)
        plots["Joint traces"] = lambda: _joints(session)
        plots["Tick latency"] = lambda: _latency(session)
    files = {}
    with plt.rc_context(STYLE):
        for title, draw in plots.items():
            figure = draw()
            files[title] = folder / f"{title.lower().replace(' ', '_')}.png"
            figure.savefig(files[title], bbox_inches="tight")
            plt.close(figure)
    return files


def write_shift_plot(file: Path, points: Sequence[Mapping[str, Any]]) -> Path:
    """Write a PNG of success over each shifted value, with its 95 % Wilson interval."""
    names = list(dict.fromkeys(point["name"] for point in points))
    columns = min(len(names), 5)
    rows = -(-len(names) // columns)
    with plt.rc_context(STYLE):
        figure, grid = plt.subplots(
            rows, columns, figsize=(2.3 * columns, 2.0 * rows), sharey=True, squeeze=False
        )
        for axes, name in zip(grid.flat, names, strict=False):
            own = sorted((p for p in points if p["name"] == name), key=lambda p: p["value"])
            values = [point["value"] for point in own]
            low, high = (
                [100 * point[f"wilson_{end}"] for point in own] for end in ("low", "high")
            )
            axes.fill_between(values, low, high, color=BLUE, alpha=0.15, linewidth=0)
            axes.plot(values, [100 * point["success_rate"] for point in own], "o-", color=BLUE)
            axes.set(title=name.replace("_", " "), ylim=(-3, 103), xticks=values)
        for axes in grid.flat[len(names) :]:
            axes.axis("off")
        for axes in grid[:, 0]:
            axes.set_ylabel("success, %")
        figure.tight_layout()
        figure.savefig(file, bbox_inches="tight")
        plt.close(figure)
    return file


def _learning_curve(curve: Curve) -> Any:
    figure, axes = plt.subplots(figsize=(7, 3))
    steps = [row["steps"] for row in curve]
    axes.plot(steps, [row["success_rate"] * 100 for row in curve], "o-", color=BLUE)
    axes.set(xlabel="training steps", ylabel="episodes at the goal, %", ylim=(-3, 103))
    distance = axes.twinx()
    distance.plot(steps, [row["mean_distance"] * 1e3 for row in curve], "s--", color=GREY)
    distance.set(ylabel="mean final distance, mm (dashed)", yscale="log")
    distance.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    distance.yaxis.set_major_formatter("{x:g}")
    distance.yaxis.set_minor_formatter(NullFormatter())
    distance.grid(False)
    axes.set_title(f"{curve[-1]['seconds']:.0f} s of training", loc="left")
    return figure


def _goals(session: Session) -> Any:
    figure, (above, side, bars) = plt.subplots(1, 3, figsize=(11, 3.4))
    goals = np.array([goal["goal"] for goal in session.goals])
    tips = np.array([goal["tip"] for goal in session.goals])
    reached = np.array([goal["reached"] for goal in session.goals])
    for axes, (i, j), name in ((above, (0, 1), "from above"), (side, (0, 2), "from the side")):
        for mask, colour, label in ((reached, GREEN, "reached"), (~reached, RED, "missed")):
            axes.scatter(*goals[mask][:, [i, j]].T, s=60, color=colour, alpha=0.35, label=label)
        axes.scatter(*tips[:, [i, j]].T, s=8, color="black", label="tip at the end")
        axes.set(xlabel=f"{'xyz'[i]}, m", ylabel=f"{'xyz'[j]}, m", aspect="equal")
        axes.set_title(name, loc="left")
    figure.legend(*above.get_legend_handles_labels(), loc="lower center", ncols=3)
    distances = [goal["distance"] * 1e3 for goal in session.goals]
    numbers = np.arange(1, len(distances) + 1)
    bars.bar(numbers, distances, color=np.where(reached, GREEN, RED))
    bars.axhline(session.tolerance * 1e3, color="black", linestyle="--", linewidth=1)
    bars.set(xlabel="goal", ylabel="final distance, mm")
    bars.set_title("dashed: the tolerance", loc="left")
    figure.tight_layout(rect=(0, 0.07, 1, 1))
    return figure


def _joints(session: Session) -> Any:
    n = len(session.joints)
    figure, rows = plt.subplots(
        n, 2, figsize=(11, 1.25 * n), sharex=True, squeeze=False, layout="constrained"
    )
    t, q, qd = np.array(session.times), np.array(session.q), np.array(session.qd)
    sent = np.array(session.command_times)
    for i, (position, speed) in enumerate(rows):
        position.plot(t, q[:, i], color=BLUE, linewidth=0.9)
        for limit in (session.lower[i], session.upper[i]):
            position.axhline(limit, color=RED, linestyle="--", linewidth=0.8)
        speed.plot(t, qd[:, i], color=BLUE, linewidth=0.9)
        for limit in (-session.velocity[i], session.velocity[i]):
            speed.axhline(limit, color=RED, linestyle="--", linewidth=0.8)
        if len(sent):
            position.plot(sent, np.array(session.command_q)[:, i], color="black", linewidth=0.4)
            speed.plot(sent, np.array(session.command_qd)[:, i], color="black", linewidth=0.4)
        position.set_ylabel(session.joints[i], rotation=0, ha="right", va="center", fontsize=8)
    rows[0][0].set_title("position, rad or m", loc="left")
    rows[0][1].set_title("velocity, rad/s or m/s", loc="left")
    for axes in rows[-1]:
        axes.set_xlabel("s  (blue: measured, black: commanded, dashed: limits)")
    return figure


def _latency(session: Session) -> Any:
    figure, axes = plt.subplots(figsize=(7, 2.6))
    milliseconds = np.array(session.latencies) * 1e3
    shown = np.clip(milliseconds, None, 4 * session.latency(99) * 1e3)
    axes.hist(shown, bins=60, color=BLUE)
    for percent, colour in ((50, "black"), (99, RED)):
        value = session.latency(percent) * 1e3
        axes.axvline(value, color=colour, linestyle="--", linewidth=1)
        axes.annotate(
            f"p{percent} {value:.2f} ms",
            (value, 0.92),
            xycoords=("data", "axes fraction"),
            color=colour,
            xytext=(3, 0),
            textcoords="offset points",
        )
    axes.set(xlabel="from joint state received to command published, ms", ylabel="ticks")
    return figure
