"""Stable-Baselines3 models and vectorised environments from a run's configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO, SAC, HerReplayBuffer
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecNormalize

from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.training.dagger import SHARE, Dagger, Guide
from robot_learning.training.processes import ProcessVecEnv
from robot_learning.training.run import RunConfig, replace_folder


def algorithm(name: str) -> type[BaseAlgorithm]:
    """Return the class of an algorithm.

    Raises:
        ConfigError: where the package that has it is not installed.
    """
    known: dict[str, type[BaseAlgorithm]] = {"ppo": PPO, "sac": SAC, "dagger": Dagger}
    if name in known:
        return known[name]
    try:
        from sb3_contrib import TQC
    except ImportError as error:
        raise ConfigError("algorithm tqc: `pip install sb3-contrib` first") from error
    found: type[BaseAlgorithm] = TQC
    return found


def make_env(run: RunConfig) -> ArmEnv:
    """Return one environment of a run, without a time limit."""
    settings = run.train.env
    return ArmEnv(
        robot=run.robot,
        task=run.task,
        action_mode=settings.action_mode,
        reward=settings.reward,
        tolerance=settings.tolerance,
        shift=settings.shift,
        goal_terms=run.train.her is None,
    )


def make_envs(run: RunConfig) -> VecEnv:
    """Return the environments a run learns in."""
    from gymnasium.wrappers import TimeLimit

    def one() -> Monitor[Any, Any]:
        env = make_env(run)
        limited: Any = TimeLimit(env, env.task.steps)
        if run.train.algorithm == "dagger":
            limited = Guide(limited, run.train.params.get("share", SHARE))
        return Monitor(limited)

    makes: list[Callable[[], gymnasium.Env[Any, Any]]] = [one] * run.train.n_envs
    if run.train.processes > 1:
        envs: VecEnv = ProcessVecEnv(makes, run.train.processes)
    else:
        envs = DummyVecEnv(makes)
    if run.train.normalize:
        envs = VecNormalize(envs, gamma=run.train.params.get("gamma", 0.99))
    return envs


def make_model(run: RunConfig, envs: VecEnv) -> BaseAlgorithm:
    """Return an untrained model.

    Raises:
        ConfigError: where ``params`` holds what the algorithm does not take.
    """
    torch.set_num_threads(1)
    config = run.train
    params = dict(config.params)
    if config.algorithm != "ppo":
        params.setdefault("buffer_size", min(config.total_steps + 1000, 1_000_000))
    if config.her is not None:
        params["replay_buffer_class"] = HerReplayBuffer
        params["replay_buffer_kwargs"] = config.her.model_dump()
    try:
        return algorithm(config.algorithm)(
            "MultiInputPolicy",
            envs,
            learning_rate=config.learning_rate,
            policy_kwargs={"net_arch": list(config.net_arch)},
            seed=run.seed,
            device="cpu",
            **params,
        )
    except (TypeError, ValueError, AssertionError) as error:
        raise ConfigError(f"params of {config.algorithm}: {error}") from error


def save_checkpoint(folder: Path, model: BaseAlgorithm) -> None:
    """Write a checkpoint beside the last one, then put it in its place."""
    new = folder / "checkpoint.new"
    new.mkdir(parents=True, exist_ok=True)
    model.save(new / "model.zip")
    if hasattr(model, "save_replay_buffer"):
        model.save_replay_buffer(new / "replay.pkl")
    normalize = model.get_vec_normalize_env()
    if normalize is not None:
        normalize.save(str(new / "normalize.pkl"))
    replace_folder(new, folder / "checkpoint")


def load_model(run: RunConfig, envs: VecEnv, checkpoint: Path) -> BaseAlgorithm:
    """Return the model of a checkpoint, ready to go on."""
    torch.set_num_threads(1)
    if isinstance(envs, VecNormalize):
        envs = VecNormalize.load(str(checkpoint / "normalize.pkl"), envs.venv)
    model = algorithm(run.train.algorithm).load(checkpoint / "model.zip", env=envs, device="cpu")
    if hasattr(model, "load_replay_buffer"):
        model.load_replay_buffer(checkpoint / "replay.pkl")
    # The episodes ahead must not repeat those behind.
    model.set_random_seed(run.seed + model.num_timesteps)
    return model


def actor(model: BaseAlgorithm) -> Callable[[ArmEnv], NDArray[np.float32]]:
    """Return the model's deterministic policy as a function of an environment."""
    normalize = model.get_vec_normalize_env()

    def act(env: ArmEnv) -> NDArray[np.float32]:
        observation: Any = env.interface.split(env.flat_observation)
        if normalize is not None:
            observation = normalize.normalize_obs(observation)
        return model.predict(observation, deterministic=True)[0]

    return act
