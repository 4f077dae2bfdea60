"""``robot-learning play``."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.cli.options import HELP, Robot, World

if TYPE_CHECKING:
    from robot_learning.envs import ArmEnv


def play(
    path: Annotated[Path | None, typer.Argument(help=HELP)] = None,
    expert: Annotated[
        bool, typer.Option("--expert", help="Watch the script that solves a task instead.")
    ] = False,
    task: Annotated[
        str | None, typer.Option(help="Task of the script, or a YAML file; reach where left out.")
    ] = None,
    robot: Robot = "",
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to show.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first episode.")] = 0,
    world: World = "bullet",
    video: Annotated[
        Path | None,
        typer.Option(help="MP4 to write; play.mp4 with the run where there is no display."),
    ] = None,
) -> None:
    """Watch a bundle or a script move the arm.

    In a window, or in a video where there is no display.
    """
    if expert == (path is not None):
        raise ConfigError("play: give the folder of a run or a bundle, or --expert; one of them")
    if world == "ros":
        raise ConfigError("play: world 'ros' has no picture; evaluate it, and watch the arm")
    if path is not None and task is not None:
        raise ConfigError(f"play {path}: --task goes with --expert; a bundle has its own")
    windowed = video is None and bool(os.environ.get("DISPLAY"))
    if windowed:
        windowed = _can_open_window()
    mode = "human" if windowed else "rgb_array"
    if path is None:
        env, act = _script(task or "reach", robot or "panda", mode, world)
        folder = Path("runs")
    else:
        env, act, folder = _policy(path, robot, mode, world)

    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.evaluation.rollout import check_video, show

    if windowed:
        show(env, act, episodes, seed, None)
        return
    video = video or folder / "play.mp4"
    check_video(video)
    with Bars() as bars:
        found = show(env, act, episodes, seed, video, bars.episode)
    print_table(f"{env.robot.name}: {env.task.name}", found.rows())
    Console().print(f"video: {video}", soft_wrap=True)


def _can_open_window() -> bool:
    from robot_learning.worlds.display import window_problem

    if problem := window_problem():
        typer.echo(f"{problem}; a video is written instead", err=True)
    return not problem


def _script(
    task: str, robot: str, mode: str, world: str
) -> "tuple[ArmEnv, Callable[[ArmEnv], Any]]":
    from robot_learning.envs import ArmEnv
    from robot_learning.experts.expert import expert_action

    return ArmEnv(robot=robot, task=task, render_mode=mode, world=world), expert_action


def _policy(
    path: Path, robot: str, mode: str, world: str
) -> "tuple[ArmEnv, Callable[[ArmEnv], Any], Path]":
    from robot_learning.cli.options import load_bundle, output_folder
    from robot_learning.evaluation.rollout import env_of, runner_action
    from robot_learning.policy import PolicyRunner

    bundle, spec = load_bundle(path, robot)
    runner = PolicyRunner(bundle, spec)
    env = env_of(bundle, spec, render_mode=mode, world=world)
    return env, lambda env: runner_action(runner, env), output_folder(path, bundle)
