"""How often a policy succeeds: over fresh episodes, through the deployed code."""

import math
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.envs.stepping import step_all
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.robot import RobotSpec
from robot_learning.tasks import TaskSettings
from robot_learning.worlds.variation import Randomization
from robot_learning.worlds.world import World


@dataclass(frozen=True)
class Evaluation:
    """Success at the last step of each episode.

    Attributes:
        episodes: how many.
        success_rate: share of them.
        wilson_low: lower end of its 95 % Wilson interval.
        wilson_high: upper end.
        success_1cm: share that ended within 1 cm.
        mean_distance: at the end, m; see :class:`ArmEnv` for what it is of.
        rms_distance: over all steps, m.
        commands_changed: share of steps whose command the safety filter changed.
        seed: of the first episode.
        time_to_goal: after which an episode that succeeds stays at its goal, s; the median, None
            where none does.
        effort: mean over steps and joints of the squared velocity, as a share of its limit;
            bundles of earlier versions tell neither.
    """

    episodes: int
    success_rate: float
    wilson_low: float
    wilson_high: float
    success_1cm: float
    mean_distance: float
    rms_distance: float
    commands_changed: float
    seed: int
    time_to_goal: float | None = None
    effort: float | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the figures ready for JSON."""
        return asdict(self)

    def rows(self) -> list[tuple[str, str]]:
        """Return the figures as rows of a table."""
        low, high = self.wilson_low, self.wilson_high
        rows = [
            ("evaluation episodes", f"{self.episodes}"),
            ("success", f"{self.success_rate:.1%}  (95 % Wilson {low:.1%} to {high:.1%})"),
            ("within 1 cm", f"{self.success_1cm:.1%}"),
            ("mean final distance", f"{self.mean_distance * 1e3:.1f} mm"),
            ("root mean square distance", f"{self.rms_distance * 1e3:.1f} mm"),
            ("commands changed by a limit", f"{self.commands_changed:.1%}"),
        ]
        if self.time_to_goal is not None:
            rows.append(("at the goal to stay after", f"{self.time_to_goal:.2f} s  (median)"))
        if self.effort is not None:
            rows.append(("effort, squared share of full speed", f"{self.effort:.2%}"))
        return rows


def wilson(successes: int, count: int, z: float = 1.96) -> tuple[float, float]:
    """Return the Wilson score interval of a share (Wilson 1927)."""
    p, n = successes / count, count
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


class _Episode(NamedTuple):
    """What an episode came to, step by step; see :class:`ArmEnv` for the infos."""

    observed: list[NDArray[np.float32]]
    infos: list[dict[str, Any]]

    def total(self, key: str, power: int = 1) -> float:
        return float(sum(info[key] ** power for info in self.infos))

    @property
    def arrived(self) -> int | None:
        """The step from which on the goal is reached; None where it is not at the end."""
        away = [number for number, info in enumerate(self.infos, 1) if not info["is_success"]]
        last = away[-1] if away else 0
        return None if last == len(self.infos) else last + 1


def rollout(
    env: ArmEnv,
    act: Callable[[ArmEnv], NDArray[np.float32] | None],
    episodes: int,
    seed: int,
    on_episode: Callable[[int, int], None] = lambda done, total: None,
    observations: list[NDArray[np.float32]] | None = None,
    beside: Sequence[ArmEnv] = (),
) -> Evaluation:
    """Run ``episodes`` seeded episodes with actions from ``act``; collect what it saw.

    Further environments of the same kind ``beside`` it are stepped together with it, which is
    faster; what an episode comes to does not depend on them.
    """
    envs, ran = [env, *beside], list[_Episode]()
    for first in range(0, episodes, len(envs)):
        for episode in _together(envs[: episodes - first], act, seed + first):
            ran.append(episode)
            on_episode(len(ran), episodes)
    if observations is not None:
        observations += [row for episode in ran for row in episode.observed]
    distances = np.array([episode.infos[-1]["distance"] for episode in ran])
    arrived = [
        episode.arrived * env.robot.policy_period for episode in ran if episode.arrived is not None
    ]
    steps, reached = episodes * env.task.steps, len(arrived)
    low, high = wilson(reached, episodes)
    return Evaluation(
        episodes=episodes,
        success_rate=reached / episodes,
        wilson_low=low,
        wilson_high=high,
        success_1cm=float(np.mean(distances <= 0.01)),
        mean_distance=float(np.mean(distances)),
        rms_distance=math.sqrt(sum(episode.total("distance", 2) for episode in ran) / steps),
        commands_changed=sum(episode.total("command_changed") for episode in ran) / steps,
        seed=seed,
        time_to_goal=float(np.median(arrived)) if arrived else None,
        effort=sum(episode.total("effort") for episode in ran) / steps,
    )


def _together(
    envs: Sequence[ArmEnv], act: Callable[[ArmEnv], NDArray[np.float32] | None], seed: int
) -> list[_Episode]:
    """Run one episode in each environment."""
    ran = [_Episode([], []) for _ in envs]
    for number, env in enumerate(envs):
        env.reset(seed=seed + number)
    for _ in range(envs[0].task.steps):
        for env, episode in zip(envs, ran, strict=True):
            episode.observed.append(env.flat_observation)
        infos = step_all(envs, [act(env) for env in envs])[2]
        for info, episode in zip(infos, ran, strict=True):
            episode.infos.append(info)
    return ran


def held(act: Callable[[ArmEnv], NDArray[np.float32]]) -> Callable[[ArmEnv], NDArray[np.float32]]:
    """Let each action of ``act`` hold for the ``action_repeat`` of the environment's interface."""
    last: dict[ArmEnv, NDArray[np.float32]] = {}

    def acting(env: ArmEnv) -> NDArray[np.float32]:
        if env.steps_taken % env.interface.action_repeat == 0:
            last[env] = act(env)
        return last[env]

    return acting


def evaluate_bundle(
    bundle: PolicyBundle,
    spec: RobotSpec,
    episodes: int,
    seed: int,
    tolerance: float | None = None,
    on_episode: Callable[[int, int], None] = lambda done, total: None,
    shift: Randomization | None = None,
    world: str | World = "bullet",
) -> Evaluation:
    """Evaluate a bundle through :class:`PolicyRunner`, as it runs when deployed."""
    runner = PolicyRunner(bundle, spec)
    env = env_of(bundle, spec, tolerance, shift=shift, world=world)
    try:
        return rollout(env, lambda env: runner_action(runner, env), episodes, seed, on_episode)
    finally:
        env.close()


def show(
    env: ArmEnv,
    act: Callable[[ArmEnv], NDArray[np.float32] | None],
    episodes: int,
    seed: int,
    video: Path | None,
    on_episode: Callable[[int, int], None] = lambda done, total: None,
) -> Evaluation:
    """Play episodes in a window at the arm's own speed, or into an MP4 file; ends ``env``."""
    frames: list[Any] = []

    def act_and_show(env: ArmEnv) -> NDArray[np.float32] | None:
        action = act(env)
        if video:
            frames.append(env.render())
        else:
            time.sleep(env.robot.policy_period)
        return action

    try:
        found = rollout(env, act_and_show, episodes, seed, on_episode)
    finally:
        env.close()
    if video:
        write_video(video, frames, round(1 / env.robot.policy_period))
    return found


def write_video(file: Path, frames: list[Any], fps: int) -> None:
    """Write pictures (h, w, 3) as an H.264 MP4.

    Raises:
        ConfigError: where that fails.
    """
    import imageio.v2 as imageio

    check_video(file)
    try:
        with imageio.get_writer(file, fps=fps, macro_block_size=16, codec="libx264") as writer:
            for frame in frames:
                writer.append_data(frame)  # type: ignore[attr-defined]
    except (OSError, ValueError, RuntimeError, ImportError) as error:
        said = str(error).strip().split("\n")[-1]
        raise ConfigError(
            f"{file}: ffmpeg did not write the video: {said}; try another folder"
        ) from error


def check_video(file: Path) -> None:
    """Refuse a file that no video can be written to, and make its folder.

    Raises:
        ConfigError: naming what is wrong with it.
    """
    if file.suffix.lower() != ".mp4":
        raise ConfigError(f"{file}: expected a file that ends in .mp4")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{file}: its folder can't be made: {error.strerror}") from error
    if file.is_dir() or not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ConfigError(f"{file}: can't be written; give another file")


def env_of(
    bundle: PolicyBundle,
    spec: RobotSpec,
    tolerance: float | None = None,
    render_mode: str | None = None,
    shift: Randomization | None = None,
    world: str | World = "bullet",
) -> ArmEnv:
    """Return the environment that a bundle was trained in, or another world, shifted if asked."""
    return ArmEnv(
        robot=spec.path,
        task=TaskSettings(**bundle.task_settings),
        interface=bundle.interface,
        tolerance=tolerance,
        render_mode=render_mode,
        shift=shift,
        world=world,
    )


def runner_action(runner: PolicyRunner, env: ArmEnv) -> NDArray[np.float32] | None:
    """Return the action of a deployed policy at the environment's state; None where it refuses."""
    if env.steps_taken == 0:
        runner.reset()
    return runner.step(env.state, env.inputs, env.time, env.filter.delay).action
