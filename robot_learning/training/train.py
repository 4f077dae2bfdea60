"""Training: from a run's configuration to its bundle."""

import contextlib
import math
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.logger import configure

from robot_learning.base.errors import ConfigError, RobotLearningError, TrainingError
from robot_learning.base.folders import owned
from robot_learning.evaluation.rollout import Evaluation
from robot_learning.monitoring.report import training_rows, write_report
from robot_learning.policy import PolicyBundle
from robot_learning.tasks.settings import resolved
from robot_learning.training.checkpoint import find_checkpoint, has_checkpoint
from robot_learning.training.export import export
from robot_learning.training.model import load_model, make_env, make_envs, make_model
from robot_learning.training.progress import Progress, Silent, Watcher
from robot_learning.training.resolve import check_unchanged
from robot_learning.training.run import (
    CONFIG,
    RunConfig,
    command,
    read_config,
    read_curve,
    write_config,
    write_curve,
)
from robot_learning.training.signals import Interrupted, Signals
from robot_learning.training.tracking import Tracker
from robot_learning.training.vec_env import ProcessLost
from robot_learning.worlds.variation import load_shifts

__all__ = ["Interrupted", "Silent", "Watcher", "export_run", "resume", "train"]

FINAL_SEED = 6_000_000  # of episodes that no training run sees
TOGETHER = 4  # environments that the final evaluation steps together
TRACEBACK = "error.txt"


def train(run: RunConfig, folder: Path, watcher: Watcher | None = None) -> PolicyBundle:
    """Train from the start and return the bundle.

    Raises:
        Interrupted: on SIGINT or SIGTERM, once the checkpoint is written.
        ConfigError: where the configuration asks for what is not there, or the folder is taken.
        TrainingError: where the training can't go on.
    """
    with owned(folder), Signals() as signals, _explained(folder):
        if (folder / CONFIG).exists():
            raise ConfigError(
                f"{folder}: there is a run already; --resume {folder} goes on from it"
            )
        model = make_model(run, make_envs(run))
        write_config(folder, run)
        write_curve(folder, [])
        return _run(run, folder, model, watcher or Silent(), signals)


def resume(
    folder: Path, watcher: Watcher | None = None, run: RunConfig | None = None
) -> PolicyBundle:
    """Go on from the last checkpoint of a run and return the bundle.

    Args:
        folder: of the run.
        watcher: who is told how it goes.
        run: what :func:`change_run` made of the run's configuration; None leaves it.

    Raises:
        Interrupted: as :func:`train`.
        ConfigError: where there is no run, or its robot, task or shift is another now.
        TrainingError: where there is no sound checkpoint, or the training can't go on.
    """
    before = read_config(folder)
    run, watcher = run or before, watcher or Silent()
    with owned(folder), Signals() as signals, _explained(folder):
        model = _load(run, folder, watcher)
        done, total = model.num_timesteps, run.train.total_steps
        if done > total < before.train.total_steps:
            raise ConfigError(f"--set total_steps={total}: {done} steps are done already")
        if done >= total:
            watcher.warn(f"{folder}: all {total} steps are done; the evaluation is repeated")
        write_config(folder, run)
        write_curve(folder, [row for row in read_curve(folder) if row["steps"] <= done])
        return _run(run, folder, model, watcher, signals)


def export_run(folder: Path, watcher: Watcher | None = None) -> PolicyBundle:
    """Write the bundle of a run again, from its last checkpoint.

    Raises:
        Interrupted: on SIGINT or SIGTERM.
        ConfigError: where there is no run, or its robot, task or shift is another now.
        TrainingError: where there is no sound checkpoint, or it has learnt nothing yet.
    """
    run, watcher = read_config(folder), watcher or Silent()
    with owned(folder), Signals() as signals, _explained(folder):
        model = _load(run, folder, watcher)
        assert model.env is not None
        with contextlib.closing(model.env):
            return _export(run, folder, model, watcher, signals)[0]


def _load(run: RunConfig, folder: Path, watcher: Watcher) -> BaseAlgorithm:
    check_unchanged(run)
    checkpoint, problem = find_checkpoint(folder)
    if problem:
        watcher.warn(problem)
    return load_model(run, make_envs(run), checkpoint)


def _run(
    run: RunConfig, folder: Path, model: BaseAlgorithm, watcher: Watcher, signals: Signals
) -> PolicyBundle:
    assert model.env is not None
    with contextlib.ExitStack() as closing:
        closing.callback(model.env.close)
        tracker = closing.enter_context(_tracked(run, folder))
        model.set_logger(configure(str(folder / "tensorboard"), ["tensorboard"]))
        progress = Progress(run, folder, tracker, watcher, signals)
        closing.callback(progress.close)
        remaining = run.train.total_steps - model.num_timesteps
        if remaining > 0:
            model.learn(remaining, callback=progress, reset_num_timesteps=False)
            progress.checkpoint(model)
        signals.check(f"after {model.num_timesteps} steps")
        bundle, evaluation = _export(run, folder, model, watcher, signals)
        numbers = {
            f"final/{key}": float(value)
            for key, value in evaluation.to_dict().items()
            if isinstance(value, (int, float))
        }
        tracker.metrics(numbers, model.num_timesteps)
        _report(folder, bundle, evaluation)
        for name in ("bundle", "curve.csv", CONFIG, "plots", "report.html"):
            tracker.artifact(folder / name)
        return bundle


@contextlib.contextmanager
def _tracked(run: RunConfig, folder: Path) -> Iterator[Tracker]:
    """Track a run, and how it ends."""
    tracker = Tracker(folder.parent, run.name, _parameters(run))
    status = "FAILED"
    try:
        yield tracker
        status = "FINISHED"
    except Interrupted:
        status = "KILLED"
        raise
    finally:
        tracker.close(status)


@contextlib.contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Make one line of whatever Stable-Baselines3, PyTorch or the file system raises."""
    try:
        yield
    except ProcessLost as error:
        on = f"; go on with: {command('train --resume', folder)}" if has_checkpoint(folder) else ""
        raise TrainingError(f"{folder}: {error}{on}") from error
    except (RobotLearningError, Interrupted):
        raise
    except Exception as error:
        said = f"{type(error).__name__}: {str(error).split(chr(10))[0]}"
        if not (folder / CONFIG).exists():
            raise TrainingError(f"the training can't begin: {said}") from error
        file = folder / TRACEBACK
        with contextlib.suppress(OSError):
            file.write_text(traceback.format_exc(), encoding="utf-8")
        raise TrainingError(
            f"{folder}: {said}; look at {folder / CONFIG}, and at {file} for where it happened"
        ) from error


def _export(
    run: RunConfig, folder: Path, model: BaseAlgorithm, watcher: Watcher, signals: Signals
) -> tuple[PolicyBundle, Evaluation]:
    if not getattr(model, "_n_updates", 0):
        raise TrainingError(
            f"{folder}: {model.num_timesteps} steps are done and nothing is learnt yet; "
            "go on with more total_steps, or with fewer params.learning_starts in a new run"
        )
    curve = read_curve(folder)
    env, *beside = (make_env(run, plain=True) for _ in range(TOGETHER))
    shifted = None if run.train.env.shift is None else make_env(run)

    def on_episode(done: int, total: int) -> None:
        watcher.episode(done, total)
        signals.check(f"in episode {done} of {total} of the final evaluation")

    try:
        return export(
            folder / "bundle",
            name=run.name,
            task=env.task.name,
            model=model,
            normalize=model.get_vec_normalize_env(),
            env=env,
            beside=beside,
            shifted=shifted,
            episodes=run.train.final_episodes,
            seed=FINAL_SEED,
            provenance={
                "algorithm": run.train.algorithm,
                "task": resolved(env.task_settings, env.task),
                "code": run.code,
                "seed": run.seed,
                "guide": run.origin.guide,
                "object_deviation": _object_deviation(run),
                "tolerated_delay": _tolerated_delay(run, env.robot.control_period),
                "steps": model.num_timesteps,
                "seconds": curve[-1]["seconds"] if curve else 0.0,
            },
            on_episode=on_episode,
        )
    finally:
        for each in (env, *beside, *([] if shifted is None else [shifted])):
            each.close()


def _object_deviation(run: RunConfig) -> float:
    """Return the largest standard deviation of an object's position in the training, m."""
    if run.train.env.shift is None:
        return 0.0
    drawn = load_shifts(run.train.env.shift)
    return math.hypot(*(drawn.largest(name) for name in ("input_noise", "input_bias")))


def _tolerated_delay(run: RunConfig, period: float) -> float:
    """Return the longest delay from a state to a motion in the training, s."""
    if run.train.env.shift is None:
        return 0.0
    drawn = load_shifts(run.train.env.shift)
    late = drawn.largest("action_latency") + drawn.largest("observation_latency")
    return late * period + drawn.largest("motor_lag")


def _report(folder: Path, bundle: PolicyBundle, evaluation: Evaluation) -> None:
    from robot_learning.monitoring.plots import write_plots

    write_report(
        folder / "report.html",
        title=f"{bundle.robot['name']}: {bundle.task}",
        subtitle=f"bundle {bundle.name}, sha256 {bundle.hash}",
        rows=[*training_rows(bundle), *evaluation.rows()],
        plots=write_plots(folder / "plots", read_curve(folder)),
    )


def _parameters(run: RunConfig) -> dict[str, Any]:
    """Return the resolved configuration, flat."""
    flat: dict[str, Any] = {}

    def walk(prefix: str, value: Any) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                walk(f"{prefix}.{key}" if prefix else key, inner)
        else:
            flat[prefix] = value

    walk("", run.model_dump(mode="json", exclude={"origin"}))
    return flat
