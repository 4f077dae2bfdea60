"""What a training YAML file may say, and overrides of it from the command line."""

from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from robot_learning.base.errors import ConfigError
from robot_learning.base.settings import Section, check, find, parse, parse_text
from robot_learning.tasks import TASKS

ALGORITHMS = ("bc", "dagger", "ppo", "sac", "tqc")
WARM_UP = 100  # steps, Stable-Baselines3's own where params has no learning_starts


class LearningRate(Section):
    """Falls from start to end in a straight line over the training."""

    start: PositiveFloat
    end: NonNegativeFloat

    def __call__(self, progress_left: float) -> float:
        """Return the rate; ``progress_left`` goes from 1 to 0.

        It falls below 0 where an algorithm trains in whole rollouts past the last step.
        """
        return self.end + (self.start - self.end) * min(max(progress_left, 0.0), 1.0)


class Her(Section):
    """Hindsight experience replay.

    Attributes:
        n_sampled_goal: relabelled copies of each step.
        goal_selection_strategy: where in the episode their goals are from.
        symmetric: whether copies of the steps are replayed: turned about the vertical, mirrored,
            moved over the floor. For arms that stand upright and are told how their tip moves.
    """

    n_sampled_goal: PositiveInt = 4
    goal_selection_strategy: Literal["future", "final", "episode"] = "future"
    symmetric: bool = False


class GuideSettings(Section):
    """A policy that acts in some of the episodes, so that the learner sees how the task is done.

    Attributes:
        bundle: its folder, that of its run, or the name of a shipped one.
        share: of the episodes.
    """

    bundle: str
    share: float = Field(default=0.5, gt=0, lt=1)


class EnvSettings(Section):
    """Arguments of the environment.

    Attributes:
        action_mode: what an action asks for; the task's own where left out.
        reward: a distance at each step, or 0 at the goal and -1 elsewhere.
        tolerance: distance that counts as reached, m; the task's own where left out.
        learn_tolerance: the same for the reward while it learns. A policy that is rewarded for
            speed stops at the edge of the tolerance; a smaller one keeps it off that edge.
        shift: name or path of a YAML file with other physics and sensors.
        goal_features: whether the observation has features made of the goal, such as ``goal_step``
            or ``object_way``, beside the goal itself; hindsight replay leaves them out anyway.
        observed: observation terms beside the goals; the task's own where left out.
        action_repeat: policy periods that an action is held for while it learns.
        deploy_repeat: the same when it is evaluated and deployed.
    """

    action_mode: Literal["joint_velocity", "tip_displacement", "tool_down"] | None = None
    reward: Literal["dense", "sparse"] = "dense"
    tolerance: PositiveFloat | None = None
    learn_tolerance: PositiveFloat | None = None
    shift: str | None = None
    goal_features: bool = True
    observed: list[str] | None = Field(default=None, min_length=1)
    action_repeat: PositiveInt = 1
    deploy_repeat: PositiveInt = 1


class TrainConfig(Section):
    """What a training YAML file says for one task.

    Attributes:
        algorithm: that learns.
        total_steps: decisions in all environments together, one each ``env.action_repeat`` policy
            periods.
        n_envs: environments.
        processes: that step them.
        net_arch: width of each hidden layer.
        learning_rate: over the training.
        normalize: observations, by their running mean and deviation.
        params: further arguments of the algorithm, as they are.
        her: hindsight experience replay; sac and tqc alone.
        demos: folder with demonstrations; of bc alone, which needs them.
        guide: a policy to learn from and to go beyond; with hindsight replay.
        env: arguments of the environment.
        eval_every: steps between two evaluations.
        eval_episodes: episodes of each.
        checkpoint_every: steps between two checkpoints.
        final_episodes: episodes of the evaluation that the bundle carries.
    """

    algorithm: Literal["bc", "dagger", "ppo", "sac", "tqc"]
    total_steps: PositiveInt
    n_envs: PositiveInt = 8
    processes: PositiveInt = 1
    net_arch: list[PositiveInt] = Field(default_factory=lambda: [64, 64])
    learning_rate: LearningRate
    normalize: bool = False
    params: dict[str, Any] = Field(default_factory=dict)
    her: Her | None = None
    demos: str | None = None
    guide: GuideSettings | None = None
    env: EnvSettings = Field(default_factory=EnvSettings)
    eval_every: PositiveInt
    eval_episodes: PositiveInt
    checkpoint_every: PositiveInt
    final_episodes: PositiveInt = 200

    @model_validator(mode="after")
    def _can_learn(self) -> "TrainConfig":
        if self.processes > self.n_envs:
            raise ValueError(
                f"processes: {self.processes} for n_envs {self.n_envs}: one would have nothing "
                f"to do; give at most {self.n_envs}"
            )
        for key in ("action_repeat", "deploy_repeat"):
            if getattr(self.env, key) > 1 and self.algorithm in ("bc", "dagger"):
                raise ValueError(
                    f"env.{key}: {self.algorithm} learns what to do in each period; leave it at "
                    "1, or use ppo, sac or tqc"
                )
        if self.algorithm == "ppo":
            return self
        warm_up = self.params.get("learning_starts", WARM_UP)
        if isinstance(warm_up, int | float) and warm_up >= self.total_steps:
            raise ValueError(
                f"params.learning_starts: {warm_up} steps of warm-up are all of total_steps "
                f"{self.total_steps}: nothing would be learnt; lower it, or raise total_steps"
            )
        if self.params.get("gradient_steps") == 0:
            raise ValueError("params.gradient_steps: with 0 nothing would be learnt")
        return self


def load_config(
    name_or_path: str, overrides: list[str] | None = None, task: str = ""
) -> TrainConfig:
    """Read a training config by algorithm name or path and apply ``key.path=value`` overrides.

    What the file says for ``task`` under ``tasks`` comes before what it says for all.

    Raises:
        ConfigError: naming the file or override, the field and what was expected.
    """
    path = find("train", name_or_path)
    data = parse(path)
    data |= _of_task(data.pop("tasks", {}), task, path)
    config = _validated(data, overrides or [], str(path))
    if config.her and config.algorithm not in ("sac", "tqc"):
        raise ConfigError(f"{path}: her: {config.algorithm} replays no rewards; use sac or tqc")
    if config.guide and not config.her:
        raise ConfigError(
            f"{path}: guide: {config.algorithm} without her, as here for {task or 'any task'}, "
            "replays nothing that a policy did; use --config tqc, or a file with sac and her"
        )
    if config.her and task in TASKS and TASKS[task].goal_moves:
        raise ConfigError(f"{path}: her: {task} has a goal that moves; use dagger or sac")
    return config


def override_config(config: TrainConfig, overrides: list[str]) -> TrainConfig:
    """Return a config with ``key.path=value`` overrides.

    Raises:
        ConfigError: naming the override, the field and what was expected.
    """
    return _validated(config.model_dump(mode="json"), overrides, "--set")


def _validated(data: dict[str, Any], overrides: list[str], where: str) -> TrainConfig:
    for override in overrides:
        _apply(data, override)
    return check(TrainConfig, data, where)


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
        if data.get(key) is None:
            data[key] = {}
        data = data[key]
        if not isinstance(data, dict):
            raise ConfigError(f"override '{override}': '{key}' holds no further keys")
    data[last] = parse_text(value, f"override '{override}'")


def train_schema() -> dict[str, Any]:
    """Return the JSON schema of a training YAML file."""
    schema = TrainConfig.model_json_schema()
    own = {key: deepcopy(schema[key]) for key in ("type", "properties", "additionalProperties")}
    schema["$defs"]["OfTask"] = {**own, "description": "What is other for one task."}
    schema["properties"]["tasks"] = {
        "type": "object",
        "description": "What is other for some tasks.",
        "properties": {name: {"$ref": "#/$defs/OfTask"} for name in TASKS},
        "additionalProperties": False,
    }
    return schema
