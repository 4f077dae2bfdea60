"""Stable-Baselines3 models and vectorised environments from a run's configuration."""

import contextlib
import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from stable_baselines3 import PPO, SAC
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.vec_env import VecEnv, VecNormalize

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import find_bundle
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import held
from robot_learning.policy import PolicyBundle
from robot_learning.training.checkpoint import load_checkpoint
from robot_learning.training.cloning import Cloned, Demonstrations
from robot_learning.training.dagger import SHARE, Dagger
from robot_learning.training.guide import MakeGuide, PolicyGuide, ScriptGuide
from robot_learning.training.imitation import Imitator
from robot_learning.training.params import checked_params
from robot_learning.training.replay import HindsightReplayBuffer
from robot_learning.training.run import RunConfig
from robot_learning.training.vec_env import ArmVecEnv
from robot_learning.training.worker import Manner

# Deviation that an observation is at least normalised by: m, m/s, or share of a limit. What never
# changes in training would else be fifty deviations off where a camera is 5 mm off.
FLOOR = 0.003


def algorithm(name: str) -> type[BaseAlgorithm]:
    """Return the class of an algorithm.

    Raises:
        ConfigError: where the package that has it is not installed.
    """
    known: dict[str, type[BaseAlgorithm]] = {
        "ppo": PPO,
        "sac": SAC,
        "dagger": Dagger,
        "bc": Cloned,
    }
    if name in known:
        return known[name]
    try:
        from sb3_contrib import TQC
    except ImportError as error:
        raise ConfigError("algorithm tqc: `pip install sb3-contrib` first") from error
    found: type[BaseAlgorithm] = TQC
    return found


def make_env(run: RunConfig, *, plain: bool = False, learning: bool = False) -> ArmEnv:
    """Return one environment of a run to evaluate in, or to learn in; without a time limit.

    A plain one is not shifted.
    """
    settings = run.train.env
    aim = settings.learn_tolerance if learning else None
    env = ArmEnv(
        robot=run.robot,
        task=run.task,
        action_mode=settings.action_mode,
        reward=settings.reward,
        tolerance=aim or settings.tolerance,
        shift=None if plain else settings.shift,
        goal_terms=settings.goal_features and run.train.her is None,
        observed=settings.observed,
    )
    env.interface = replace(env.interface, action_repeat=settings.deploy_repeat)
    return env


def make_envs(run: RunConfig) -> VecEnv:
    """Return the environments a run learns in."""
    params = checked_params(algorithm(run.train.algorithm), run.train.params)
    gamma = params.get("gamma", 0.99)
    # A stop for good costs as much as standing away from the goal for ever. It costs that at the
    # goal too: hindsight replay can choose, for each stop, a goal that was reached there.
    stopped = None if run.train.her is None else 1 / max(1 - gamma, 1e-3)
    manner = Manner(run.train.env.action_repeat, _guide(run), stopped)
    makes = [functools.partial(make_env, run, learning=True)] * run.train.n_envs
    envs: VecEnv = ArmVecEnv(makes, run.train.processes, manner)
    if run.train.normalize:
        envs = VecNormalize(envs, gamma=gamma, epsilon=FLOOR**2)
    return envs


def _guide(run: RunConfig) -> MakeGuide | None:
    """Return what makes the guides of a run, of a kind that other processes can be sent."""
    if run.train.algorithm == "dagger":
        return functools.partial(ScriptGuide, share=run.train.params.get("share", SHARE))
    given = run.train.guide
    if given is None:
        return None
    bundle = PolicyBundle.load(find_bundle(given.bundle))
    return functools.partial(PolicyGuide, share=given.share, bundle=bundle)


def make_model(run: RunConfig, envs: VecEnv) -> BaseAlgorithm:
    """Return an untrained model; its environments end where that fails.

    Raises:
        ConfigError: where ``params`` holds what the algorithm does not take.
    """
    torch.set_num_threads(1)
    try:
        return _make_model(run, envs)
    except (TypeError, ValueError, AssertionError, MemoryError) as error:
        envs.close()
        raise ConfigError(f"params of {run.train.algorithm}: {error}") from error
    except BaseException:
        envs.close()
        raise


def _make_model(run: RunConfig, envs: VecEnv) -> BaseAlgorithm:
    config, kind = run.train, algorithm(run.train.algorithm)
    params = checked_params(kind, config.params)
    if config.algorithm != "ppo":
        params.setdefault("buffer_size", min(config.total_steps + 1000, 1_000_000))
    if config.her is not None:
        params["replay_buffer_class"] = HindsightReplayBuffer
        params["replay_buffer_kwargs"] = config.her.model_dump()
    model = kind(
        "MultiInputPolicy",
        envs,
        learning_rate=config.learning_rate,
        policy_kwargs={"net_arch": list(config.net_arch)},
        seed=run.seed,
        device="cpu",
        **params,
    )
    _brief(run, model)
    return model


def _brief(run: RunConfig, model: BaseAlgorithm) -> None:
    """Tell a model that imitates what it learns for, and show it what is demonstrated."""
    if isinstance(model, Imitator):
        assert model.env is not None
        shown = _demonstrations(run)
        model.begin(model.env.get_attr("interface")[0])
        if isinstance(model, Cloned):
            assert shown is not None
            model.show(shown)


def _demonstrations(run: RunConfig) -> Demonstrations | None:
    if run.train.demos is None:
        return None
    with contextlib.closing(make_env(run, plain=True)) as env:
        return Demonstrations(Path(run.train.demos), env)


def load_model(run: RunConfig, envs: VecEnv, checkpoint: Path) -> BaseAlgorithm:
    """Return the model of a checkpoint, ready to go on; its environments end where that fails.

    Raises:
        TrainingError: naming the file that can't be read.
    """
    torch.set_num_threads(1)
    try:
        kind, rate = algorithm(run.train.algorithm), run.train.learning_rate
        model = load_checkpoint(kind, envs, checkpoint, learning_rate=rate)
        # The episodes ahead must not repeat those behind.
        model.set_random_seed(run.seed + model.num_timesteps)
        _brief(run, model)
    except BaseException:
        envs.close()
        raise
    return model


def actor(model: BaseAlgorithm) -> Callable[[ArmEnv], NDArray[np.float32]]:
    """Return the model's deterministic policy as a function of an environment.

    An action holds as when it is deployed.
    """
    normalize = model.get_vec_normalize_env()

    def act(env: ArmEnv) -> NDArray[np.float32]:
        observation: Any = env.interface.split(env.flat_observation)
        if normalize is not None:
            observation = normalize.normalize_obs(observation)
        return model.predict(observation, deterministic=True)[0]

    return held(act)
