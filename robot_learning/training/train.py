"""Training: from a run's configuration to its bundle."""

import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import configure

from robot_learning.evaluation.rollout import Evaluation, rollout
from robot_learning.monitoring.report import training_rows, write_report
from robot_learning.policy import PolicyBundle
from robot_learning.training.export import export
from robot_learning.training.model import (
    actor,
    load_model,
    make_env,
    make_envs,
    make_model,
    save_checkpoint,
)
from robot_learning.training.run import (
    RunConfig,
    find_checkpoint,
    read_config,
    read_curve,
    write_config,
    write_curve,
)
from robot_learning.training.tracking import Tracker

# Seeds of episodes that no training run sees.
CURVE_SEED, FINAL_SEED = 5_000_000, 6_000_000


class Interrupted(Exception):
    """A signal ended the training; its checkpoint is written."""

    def __init__(self, signum: int, steps: int) -> None:
        super().__init__(f"stopped by {signal.Signals(signum).name} after {steps} steps")
        self.signum = signum


class Watcher(Protocol):
    """Who is told how the training goes."""

    def step(self, done: int, total: int, success_rate: float | None) -> None:
        """Hear that ``done`` of ``total`` steps are done."""

    def episode(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` episodes of the final evaluation are done."""


class Silent:
    """A watcher that says nothing."""

    def step(self, done: int, total: int, success_rate: float | None) -> None:
        """Ignore it."""

    def episode(self, done: int, total: int) -> None:
        """Ignore it."""


def train(run: RunConfig, folder: Path, watcher: Watcher | None = None) -> PolicyBundle:
    """Train from the start and return the bundle.

    Raises:
        Interrupted: on SIGINT or SIGTERM, once the checkpoint is written.
        ConfigError: where the configuration asks for what is not there.
    """
    envs = make_envs(run)
    model = make_model(run, envs)
    write_config(folder, run)
    write_curve(folder, [])
    return _run(run, folder, model, watcher or Silent())


def resume(folder: Path, watcher: Watcher | None = None) -> PolicyBundle:
    """Go on from the last checkpoint of a run and return the bundle.

    Raises:
        Interrupted: as :func:`train`.
        ConfigError: where there is no run or no checkpoint.
    """
    run = read_config(folder)
    model = load_model(run, make_envs(run), find_checkpoint(folder))
    return _run(run, folder, model, watcher or Silent())


def export_run(folder: Path, watcher: Watcher | None = None) -> PolicyBundle:
    """Write the bundle of a run again, from its last checkpoint."""
    run = read_config(folder)
    model = load_model(run, make_envs(run), find_checkpoint(folder))
    return _export(run, folder, model, watcher or Silent())[0]


def _run(run: RunConfig, folder: Path, model: BaseAlgorithm, watcher: Watcher) -> PolicyBundle:
    tracker = Tracker(folder.parent, run.name, _parameters(run))
    model.set_logger(configure(str(folder / "tensorboard"), ["tensorboard"]))
    progress = _Progress(run, folder, tracker, watcher)
    try:
        with _signals(progress.interrupt):
            remaining = run.train.total_steps - model.num_timesteps
            if remaining > 0:
                model.learn(remaining, callback=progress, reset_num_timesteps=False)
            progress.checkpoint(model)
        if progress.signum is not None:
            raise Interrupted(progress.signum, model.num_timesteps)
        bundle, evaluation = _export(run, folder, model, watcher)
        numbers = {
            key: float(value)
            for key, value in evaluation.to_dict().items()
            if isinstance(value, (int, float))
        }
        final = {f"final/{key}": value for key, value in numbers.items()}
        tracker.metrics(final, model.num_timesteps)
        _report(folder, bundle, evaluation)
        for name in ("bundle", "curve.csv", "config.yaml", "plots", "report.html"):
            tracker.artifact(folder / name)
        return bundle
    finally:
        progress.close()
        assert model.env is not None
        model.env.close()
        tracker.close()


def _export(
    run: RunConfig, folder: Path, model: BaseAlgorithm, watcher: Watcher
) -> tuple[PolicyBundle, Evaluation]:
    curve = read_curve(folder)
    env = make_env(run)
    try:
        return export(
            folder / "bundle",
            name=run.name,
            task=env.task.name,
            model=model,
            normalize=model.get_vec_normalize_env(),
            env=env,
            episodes=run.train.final_episodes,
            seed=FINAL_SEED,
            provenance={
                "algorithm": run.train.algorithm,
                "task": env.task_settings.model_dump(exclude_none=True),
                "code": run.code,
                "seed": run.seed,
                "steps": model.num_timesteps,
                "seconds": curve[-1]["seconds"] if curve else 0.0,
            },
            on_episode=watcher.episode,
        )
    finally:
        env.close()


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

    walk("", run.model_dump(mode="json"))
    return flat


class _signals:
    """While inside, SIGINT and SIGTERM call ``handler`` in place of ending the process."""

    def __init__(self, handler: Callable[[int], None]) -> None:
        self._handler = handler

    def __enter__(self) -> None:
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._old = {
            number: signal.signal(number, lambda signum, _: self._handler(signum))
            for number in numbers
        }

    def __exit__(self, *_: object) -> None:
        for number, old in self._old.items():
            signal.signal(number, old)


class _Progress(BaseCallback):
    """Evaluates, checkpoints and reports while Stable-Baselines3 learns."""

    def __init__(self, run: RunConfig, folder: Path, tracker: Tracker, watcher: Watcher) -> None:
        super().__init__()
        self.run, self.folder, self.tracker, self.watcher = run, folder, tracker, watcher
        self.signum: int | None = None
        self._curve = read_curve(folder)
        self._before = self._curve[-1]["seconds"] if self._curve else 0.0
        self._began = time.monotonic()
        self._env = make_env(run)

    def interrupt(self, signum: int) -> None:
        """Ask the training to stop at its next step."""
        self.signum = signum

    def checkpoint(self, model: BaseAlgorithm) -> None:
        """Write a checkpoint and what was measured so far."""
        save_checkpoint(self.folder, model)
        write_curve(self.folder, self._curve)

    def _on_training_start(self) -> None:
        self._evaluated = self._saved = self.num_timesteps

    def _on_step(self) -> bool:
        config = self.run.train
        if self.num_timesteps - self._evaluated >= config.eval_every:
            self._evaluate()
        if self.num_timesteps - self._saved >= config.checkpoint_every:
            self._saved = self.num_timesteps
            self.checkpoint(self.model)
        rate = self._curve[-1]["success_rate"] if self._curve else None
        self.watcher.step(min(self.num_timesteps, config.total_steps), config.total_steps, rate)
        return self.signum is None

    def _evaluate(self) -> None:
        self._evaluated = self.num_timesteps
        found = rollout(self._env, actor(self.model), self.run.train.eval_episodes, CURVE_SEED)
        row = {
            "steps": float(self.num_timesteps),
            "seconds": self._before + time.monotonic() - self._began,
            "success_rate": found.success_rate,
            "mean_distance": found.mean_distance,
        }
        self._curve.append(row)
        for key in ("success_rate", "mean_distance"):
            self.logger.record(f"eval/{key}", row[key])
        logged = {
            key: float(value)
            for key, value in self.logger.name_to_value.items()
            if isinstance(value, (int, float))
        }
        self.tracker.metrics(logged, self.num_timesteps)
        self.logger.dump(self.num_timesteps)

    def _on_training_end(self) -> None:
        if self.signum is None and self._evaluated < self.num_timesteps:
            self._evaluate()

    def close(self) -> None:
        """End the simulation that evaluations run in."""
        self._env.close()
