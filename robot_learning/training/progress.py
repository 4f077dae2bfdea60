"""What happens while Stable-Baselines3 learns: evaluations, checkpoints, news for who watches."""

import time
from pathlib import Path
from typing import Any, Protocol

from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from robot_learning.evaluation.rollout import rollout
from robot_learning.training.checkpoint import save_checkpoint
from robot_learning.training.model import actor, make_env
from robot_learning.training.run import RunConfig, read_curve, write_curve
from robot_learning.training.signals import Signals
from robot_learning.training.tracking import Tracker

CURVE_SEED = 5_000_000  # of episodes that no training run sees


class Watcher(Protocol):
    """Who is told how the training goes."""

    def step(self, done: int, total: int, success_rate: float | None) -> None:
        """Hear that ``done`` of ``total`` steps are done."""

    def episode(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` episodes of the final evaluation are done."""

    def warn(self, what: str) -> None:
        """Hear of something that is not as it should be, though the training goes on."""


class Silent:
    """A watcher that says nothing."""

    def step(self, done: int, total: int, success_rate: float | None) -> None:
        """Ignore it."""

    def episode(self, done: int, total: int) -> None:
        """Ignore it."""

    def warn(self, what: str) -> None:
        """Ignore it."""


class Progress(BaseCallback):
    """Evaluates, checkpoints and reports while Stable-Baselines3 learns, until a signal comes."""

    def __init__(
        self, run: RunConfig, folder: Path, tracker: Tracker, watcher: Watcher, signals: Signals
    ) -> None:
        super().__init__()
        self.run, self.folder, self.tracker, self.watcher = run, folder, tracker, watcher
        self._signals = signals
        self._curve = read_curve(folder)
        self._before = self._curve[-1]["seconds"] if self._curve else 0.0
        self._began = time.monotonic()
        self._env = make_env(run)

    def checkpoint(self, model: BaseAlgorithm) -> None:
        """Write a checkpoint and what was measured so far."""
        save_checkpoint(self.folder, model)
        write_curve(self.folder, self._curve)

    def close(self) -> None:
        """End the simulation that evaluations run in."""
        self._env.close()

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
        return self._signals.signum is None

    def _on_training_end(self) -> None:
        if self._signals.signum is None and self._evaluated < self.num_timesteps:
            self._evaluate()

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
        logged: dict[str, Any] = {
            key: float(value)
            for key, value in self.logger.name_to_value.items()
            if isinstance(value, (int, float))
        }
        self.tracker.metrics(logged, self.num_timesteps)
        self.logger.dump(self.num_timesteps)
