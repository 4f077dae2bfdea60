"""What a training YAML file may say, and overrides of it from the command line."""

from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt, ValidationError

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import config_dir
from robot_learning.robot.schema import Section, explain
from robot_learning.tasks import TASKS

ALGORITHMS = ("dagger", "ppo", "sac", "tqc")


class LearningRate(Section):
    """Falls from start to end in a straight line over the training."""

    start: PositiveFloat
    end: NonNegativeFloat

    def __call__(self, progress_left: float) -> float:
        """Return the rate; ``progress_left`` goes from 1 to 0."""
        return self.end + (self.start - self.end) * progress_left


class Her(Section):
    """Hindsight experience replay."""

    n_sampled_goal: PositiveInt = 4
    goal_selection_strategy: Literal["future", "final", "episode"] = "future"


class EnvSettings(Section):
    """Arguments of the environment."""

    action_mode: Literal["joint_velocity", "tip_displacement", "tool_down"] | None = None
    reward: Literal["dense", "sparse"] = "dense"
    tolerance: PositiveFloat | None = None
    shift: str | None = None


class TrainConfig(Section):
    """A training YAML file."""

    algorithm: Literal["dagger", "ppo", "sac", "tqc"]
    total_steps: PositiveInt
    n_envs: PositiveInt = 8
    processes: PositiveInt = 1
    net_arch: list[PositiveInt] = Field(default_factory=lambda: [64, 64])
    learning_rate: LearningRate
    normalize: bool = False
    params: dict[str, Any] = Field(default_factory=dict)
    her: Her | None = None
    env: EnvSettings = Field(default_factory=EnvSettings)
    eval_every: PositiveInt
    eval_episodes: PositiveInt
    checkpoint_every: PositiveInt
    final_episodes: PositiveInt = 200


def load_config(
    name_or_path: str, overrides: list[str] | None = None, task: str = ""
) -> TrainConfig:
    """Read a training config by algorithm name or path and apply ``key.path=value`` overrides.

    What the file says for ``task`` under ``tasks`` comes before what it says for all.

    Raises:
        ConfigError: naming the file or override, the field and what was expected.
    """
    path = Path(name_or_path)
    if not path.is_file():
        path = config_dir() / "train" / f"{name_or_path}.yaml"
    if not path.is_file():
        raise ConfigError(f"'{name_or_path}': no training YAML; shipped: {', '.join(ALGORITHMS)}")
    try:
        data = yaml.safe_load(path.read_text())
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: expected keys and values")
    data |= _of_task(data.pop("tasks", {}), task, path)
    for override in overrides or []:
        _apply(data, override)
    try:
        config = TrainConfig.model_validate(data)
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from error
    if config.her and config.algorithm in ("dagger", "ppo"):
        raise ConfigError(f"{path}: her: {config.algorithm} replays no rewards; use sac or tqc")
    if config.her and task in TASKS and TASKS[task].goal_moves:
        raise ConfigError(f"{path}: her: {task} has a goal that moves; use dagger or sac")
    return config


def _of_task(tasks: Any, task: str, path: Path) -> dict[str, Any]:
    """Return the keys that are other for one task."""
    if not isinstance(tasks, dict):
        raise ConfigError(f"{path}: tasks: expected keys and values for some tasks")
    for name, own in tasks.items():
        if name not in TASKS:
            raise ConfigError(f"{path}: tasks.{name}: no such task; there are {', '.join(TASKS)}")
        if not isinstance(own, dict):
            raise ConfigError(f"{path}: tasks.{name}: expected keys and values")
    return dict(tasks.get(task, {}))


def _apply(data: dict[str, Any], override: str) -> None:
    path, sign, value = override.partition("=")
    if not sign:
        raise ConfigError(f"override '{override}': expected key=value")
    *parents, last = path.split(".")
    for key in parents:
        data = data.setdefault(key, {})
        if not isinstance(data, dict):
            raise ConfigError(f"override '{override}': '{key}' holds no further keys")
    # YAML 1.1 reads 1e-3 as text; numbers a person types are numbers.
    parsed = yaml.safe_load(value)
    if isinstance(parsed, str):
        try:
            parsed = float(parsed)
        except ValueError:
            pass
    data[last] = parsed
