"""``robot-learning play``."""

import os
from pathlib import Path
from typing import Annotated

import typer

from robot_learning.cli.options import Robot, RunOrBundle


def play(
    path: RunOrBundle,
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to show.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first episode.")] = 0,
    video: Annotated[
        Path | None,
        typer.Option(help="MP4 to write; play.mp4 in PATH where there is no display."),
    ] = None,
    robot: Robot = "",
) -> None:
    """Watch a bundle move its arm: in a window, or in a video where there is no display."""
    from robot_learning.cli.options import load_bundle

    bundle, spec = load_bundle(path, robot)

    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.training.evaluate import show

    if video is None and "DISPLAY" in os.environ:
        show(bundle, spec, episodes, seed, None)
        return
    # A bundle's folder holds nothing but the bundle.
    folder = path.parent if path == bundle.path else path
    video = video or folder / "play.mp4"
    with Bars() as bars:
        show(bundle, spec, episodes, seed, video, bars.episode)
    Console().print(f"video: {video}", soft_wrap=True)
