"""A page that shows an episode: one HTML file that needs nothing beside it."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from robot_learning.cli.episode_plots import write_plots
from robot_learning.cli.film import CAMERA
from robot_learning.demonstrations import Dataset, Episode
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import write_video
from robot_learning.monitoring.report import write_report
from robot_learning.policy.terms import GOALS

FPS = 25  # pictures a second, at most


def write_page(
    file: Path,
    dataset: Dataset,
    number: int,
    env: ArmEnv,
    on_frame: Callable[[int, int], None],
) -> None:
    """Write the page of an episode.

    Args:
        file: HTML file to write.
        dataset: that holds it.
        number: of the episode.
        env: of the dataset, in a world with pictures.
        on_frame: hears of each picture.
    """
    episode = dataset.episode(number)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "episode.mp4"
        every = max(1, round(1 / (env.robot.policy_period * FPS)))
        fps = max(1, round(1 / (env.robot.policy_period * every)))
        write_video(video, _frames(episode, env, every, on_frame), fps)
        write_report(
            file,
            title=f"{env.task.name}, episode {number}",
            subtitle=f"{dataset.folder}: {env.robot.name}, recorded {episode.about.recorded}",
            rows=_rows(episode, dataset),
            plots=write_plots(Path(folder), episode, dataset.interface, env.robot),
            video=video,
        )


def _frames(
    episode: Episode, env: ArmEnv, every: int, on_frame: Callable[[int, int], None]
) -> list[Any]:
    """Return pictures of what was measured, with the goals."""
    frames = []
    rows = range(0, episode.steps + 1, every)
    for done, row in enumerate(rows):
        env.world.reset(replace(episode.start_at(row), q=episode.columns["q"][row]))
        for name, item in episode.inputs(row).items():
            if name in GOALS and item.value.shape == (3,):
                env.world.mark(name, item.value, env.task.tolerance)
        frames.append(env.world.look(CAMERA).rgb)
        on_frame(done + 1, len(rows))
    return frames


def _rows(episode: Episode, dataset: Dataset) -> list[tuple[str, str]]:
    about, columns = episode.about, episode.columns
    acted = Counter(str(source) for source in columns["source"][:-1])
    last = float(columns["distance"][episode.steps - 1])
    return [
        ("success", "yes" if about.success else "no"),
        ("ended by", about.ended),
        ("final distance", f"{1e3 * last:.1f} mm of {1e3 * dataset.interface.tolerance:.0f} mm"),
        ("steps", f"{episode.steps}, {float(columns['stamp'][-1]):.1f} s"),
        ("acted", ", ".join(f"{name} {count}" for name, count in acted.items())),
        ("interventions", f"{int(columns['intervention'].sum())} steps"),
        ("commands changed by a limit", f"{int(columns['command_changed'].sum())} steps"),
        ("world", about.world),
        ("seed", "none" if about.seed is None else str(about.seed)),
    ]
