"""Plots of an episode over time: joints, objects and goals, actions."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from numpy.typing import NDArray

from robot_learning.demonstrations import Episode
from robot_learning.demonstrations.episode import INPUT
from robot_learning.demonstrations.lerobot import action_names
from robot_learning.monitoring.plots import BLUE, GREEN, RED, STYLE
from robot_learning.policy import Interface
from robot_learning.policy.terms import GOALS, OPENING
from robot_learning.robot import RobotSpec

COLOURS = (BLUE, GREEN, RED)
SHADES = {"teleoperation": "#fde68a", "released": "#e2e8f0", "": "#fecaca"}


def write_plots(
    folder: Path, episode: Episode, interface: Interface, spec: RobotSpec
) -> dict[str, Path]:
    """Write one PNG a plot and return them by title."""
    plots: dict[str, Callable[[], Any]] = {
        "Distance, objects and goals": lambda: _places(episode, interface),
        "Actions": lambda: _actions(episode, interface),
        "Joints": lambda: _joints(episode, spec),
    }
    files = {}
    with plt.rc_context(STYLE):
        for number, (title, draw) in enumerate(plots.items()):
            figure = draw()
            files[title] = folder / f"plot_{number}.png"
            figure.savefig(files[title], bbox_inches="tight")
            plt.close(figure)
    return files


def _places(episode: Episode, interface: Interface) -> Any:
    columns, t = episode.columns, episode.columns["stamp"]
    names = [name for name in episode.names if columns[INPUT + name].shape[1] == 3]
    figure, rows = plt.subplots(4, 1, figsize=(11, 7), sharex=True, layout="constrained")
    rows[0].plot(t[1:], 1e3 * columns["distance"][:-1], color="black")
    rows[0].axhline(1e3 * interface.tolerance, color=RED, linestyle="--", linewidth=0.8)
    rows[0].set_ylabel("distance, mm")
    rows[0].set_title("dashed: the tolerance, and goals", loc="left")
    for number, name in enumerate(names):
        style = {"color": COLOURS[number % 3], "linestyle": "--" if name in GOALS else "-"}
        for axis in range(3):
            rows[axis + 1].plot(t, columns[INPUT + name][:, axis], label=name, **style)
    for axis in range(3):
        rows[axis + 1].set_ylabel(f"{'xyz'[axis]}, m")
    rows[1].legend(ncols=len(names), loc="upper right")
    return _finished(figure, rows, episode)


def _actions(episode: Episode, interface: Interface) -> Any:
    t, names = episode.columns["stamp"], action_names(interface)
    opened = OPENING in episode.names
    count = len(names) + opened
    figure, rows = plt.subplots(
        count, 1, figsize=(11, 1.1 * count), sharex=True, squeeze=False, layout="constrained"
    )
    for axes, name, values in zip(rows[:, 0], names, episode.columns["action"].T, strict=False):
        axes.step(t, values, where="post", color=BLUE, linewidth=0.9)
        axes.set_ylim(-1.1, 1.1)
        axes.set_ylabel(name, rotation=0, ha="right", va="center", fontsize=8)
    if opened:
        axes = rows[-1, 0]
        axes.plot(t, episode.columns[INPUT + OPENING][:, 0], color=BLUE)
        axes.plot(t, episode.columns["opening"], color="black", linewidth=0.6)
        axes.set_ylabel("gripper's\nopening", rotation=0, ha="right", va="center", fontsize=8)
    rows[0, 0].set_title(
        "yellow: a human, grey: let go, red: nothing sent; black: commanded", loc="left"
    )
    return _finished(figure, rows[:, 0], episode)


def _joints(episode: Episode, spec: RobotSpec) -> Any:
    columns, t = episode.columns, episode.columns["stamp"]
    figure, rows = plt.subplots(
        spec.n, 2, figsize=(11, 1.25 * spec.n), sharex=True, squeeze=False, layout="constrained"
    )
    for i, (position, speed) in enumerate(rows):
        for axes, name in ((position, "q"), (speed, "qd")):
            axes.plot(t, columns[name][:, i], color=BLUE, linewidth=1.2)
            axes.plot(t, columns[f"reference_{name}"][:, i], color="black", linewidth=0.5)
        for limit in (-spec.velocity[i], spec.velocity[i]):
            speed.axhline(limit, color=RED, linestyle="--", linewidth=0.8)
        position.set_ylabel(spec.joints[i], rotation=0, ha="right", va="center", fontsize=8)
    rows[0][0].set_title("position, rad or m", loc="left")
    rows[0][1].set_title("velocity, rad/s or m/s; dashed: limits", loc="left")
    for axes in rows[-1]:
        axes.set_xlabel("s  (blue: measured, black: commanded)")
    return figure


def _finished(figure: Any, rows: NDArray[Any], episode: Episode) -> Any:
    """Shade who acted, where that was not who began, and return the figure."""
    for begin, end, who in _runs(episode):
        if who in SHADES:
            for axes in rows:
                axes.axvspan(begin, end, color=SHADES[who], linewidth=0, zorder=0)
    rows[-1].set_xlabel("s")
    return figure


def _runs(episode: Episode) -> list[tuple[float, float, str]]:
    """Return from when to when each acted; nobody where nothing was sent."""
    t, silent = episode.columns["stamp"], ~np.isfinite(episode.actions).all(axis=1)
    who = np.where(silent, "", episode.columns["source"][:-1].astype(str))
    changes = [0, *(np.flatnonzero(who[1:] != who[:-1]) + 1), len(who)]
    return [(float(t[a]), float(t[b]), str(who[a])) for a, b in pairwise(changes) if a < b]
