"""Environments in several processes: each steps some of them, arrays travel in shared memory."""

import multiprocessing as mp
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.env_util import is_wrapped
from stable_baselines3.common.vec_env.base_vec_env import CloudpickleWrapper, VecEnv

Make = Callable[[], gymnasium.Env[Any, Any]]


class Shared(NamedTuple):
    """Memory that all processes see: actions to take, and what a step came to, by environment."""

    observations: dict[str, Any]
    actions: Any
    rewards: Any
    dones: Any


class ProcessVecEnv(VecEnv):
    """As Stable-Baselines3's vector environments, in ``processes`` processes, this one included.

    Its own ``SubprocVecEnv`` has one environment in each process, pickles every array and lets
    the process that learns wait: a step of an arm is too short for that.

    Args:
        makes: one function for each environment, with goal observations.
        processes: how many there are; the environments are shared out evenly.
    """

    def __init__(self, makes: Sequence[Make], processes: int) -> None:
        count = self.num_envs = len(makes)
        self._parts = np.array_split(np.arange(count), processes)
        envs = [makes[i]() for i in self._parts[0]]
        spaces: Any = envs[0].observation_space
        actions: Any = envs[0].action_space
        shared = Shared(
            {key: _floats(count, space.shape[0]) for key, space in spaces.items()},
            _floats(count, actions.shape[0]),
            _floats(count, 1),
            _floats(count, 1),
        )
        self._views = _views(shared)
        self._own = Share(envs, self._views, 0)
        self._pipes: list[Connection] = []
        self._workers = []
        context = mp.get_context("forkserver")
        for part in self._parts[1:]:
            ours, theirs = context.Pipe()
            work = CloudpickleWrapper([makes[i] for i in part])
            arguments = (theirs, work, shared, int(part[0]))
            worker = context.Process(target=_work, args=arguments, daemon=True)
            worker.start()
            theirs.close()
            self._pipes.append(ours)
            self._workers.append(worker)
        super().__init__(count, spaces, actions)  # which asks the environments

    def reset(self) -> Any:
        """Start all episodes anew."""
        given = [
            ([self._seeds[i] for i in part], [self._options[i] for i in part])
            for part in self._parts
        ]
        found = self._everywhere("reset", given)
        self.reset_infos = [info for infos in found for info in infos]
        self._reset_seeds()
        self._reset_options()
        return self._observations()

    def step_async(self, actions: NDArray[np.float32]) -> None:
        """Begin a step of each."""
        self._views.actions[:] = actions
        for pipe in self._pipes:
            pipe.send(("step", ()))

    def step_wait(self) -> Any:
        """Return what the step came to; ended episodes have begun again."""
        infos = self._own.step()
        for pipe in self._pipes:
            infos += pipe.recv()
        rewards, dones = self._views.rewards[:, 0].copy(), self._views.dones[:, 0] > 0
        return self._observations(), rewards, dones, infos

    def close(self) -> None:
        """End the environments and the processes."""
        self._own.close()
        for pipe in self._pipes:
            pipe.send(("close", ()))
        for worker in self._workers:
            worker.join()
        self._pipes, self._workers = [], []

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """Return an attribute of each environment."""
        return self._ask("get", (attr_name,), indices)

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set an attribute of each environment."""
        self._ask("set", (attr_name, value), indices)

    def env_method(
        self, method_name: str, *method_args: Any, indices: Any = None, **method_kwargs: Any
    ) -> list[Any]:
        """Call a method of each environment."""
        return self._ask("call", (method_name, method_args, method_kwargs), indices)

    def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
        """Say of each environment whether a wrapper is around it."""
        return self._ask("wrapped", (wrapper_class,), indices)

    def _ask(self, what: str, arguments: tuple[Any, ...], indices: Any) -> list[Any]:
        wanted = list(self._get_indices(indices))
        found = self._everywhere("ask", [(what, arguments)] * len(self._parts))
        everything = [item for items in found for item in items]
        return [everything[i] for i in wanted]

    def _everywhere(self, name: str, given: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Call a method of each process's share."""
        for pipe, arguments in zip(self._pipes, given[1:], strict=True):
            pipe.send((name, arguments))
        return [getattr(self._own, name)(*given[0]), *(pipe.recv() for pipe in self._pipes)]

    def _observations(self) -> dict[str, NDArray[np.float32]]:
        return {key: view.copy() for key, view in self._views.observations.items()}


class Share:
    """The environments of one process, and where in the shared memory they begin."""

    def __init__(self, envs: list[gymnasium.Env[Any, Any]], views: Shared, first: int) -> None:
        self._envs, self._views, self._first = envs, views, first

    def reset(self, seeds: Sequence[int | None], options: Sequence[Any]) -> list[dict[str, Any]]:
        """Start all episodes anew."""
        infos = []
        for row, (env, seed, option) in enumerate(
            zip(self._envs, seeds, options, strict=True), self._first
        ):
            observation, info = env.reset(seed=seed, **({"options": option} if option else {}))
            self._show(row, observation)
            infos.append(info)
        return infos

    def step(self) -> list[dict[str, Any]]:
        """Step all; episodes that end begin again."""
        infos = []
        for row, env in enumerate(self._envs, self._first):
            observation, reward, ended, cut, info = env.step(self._views.actions[row])
            info["TimeLimit.truncated"] = cut and not ended
            if ended or cut:
                info["terminal_observation"] = observation
                observation, _ = env.reset()
            self._views.rewards[row, 0], self._views.dones[row, 0] = float(reward), ended or cut
            self._show(row, observation)
            infos.append(info)
        return infos

    def ask(self, what: str, arguments: tuple[Any, ...]) -> list[Any]:
        """Get or set an attribute, call a method, look for a wrapper; of all of them."""
        return [_ask(env, what, *arguments) for env in self._envs]

    def close(self) -> None:
        """End the environments."""
        for env in self._envs:
            env.close()

    def _show(self, row: int, observation: dict[str, NDArray[np.float32]]) -> None:
        for key, view in self._views.observations.items():
            view[row] = observation[key]


def _ask(env: gymnasium.Env[Any, Any], what: str, *given: Any) -> Any:
    if what == "get":
        return env.get_wrapper_attr(given[0])
    if what == "set":
        return env.set_wrapper_attr(*given)
    if what == "wrapped":
        return is_wrapped(env, given[0])
    name, arguments, settings = given
    return env.get_wrapper_attr(name)(*arguments, **settings)


def _floats(rows: int, columns: int) -> tuple[Any, tuple[int, int]]:
    return RawArray("f", rows * columns), (rows, columns)


def _views(shared: Shared) -> Shared:
    """Return the shared memory as numpy arrays."""

    def view(memory: tuple[Any, tuple[int, int]]) -> NDArray[np.float32]:
        return np.frombuffer(memory[0], dtype=np.float32).reshape(memory[1])

    observations = {key: view(item) for key, item in shared.observations.items()}
    return Shared(observations, *(view(item) for item in shared[1:]))


def _work(pipe: Connection, makes: Any, shared: Shared, first: int) -> None:
    """Do what the other end of the pipe asks for, until it says close."""
    share = Share([make() for make in makes.var], _views(shared), first)
    while True:
        try:
            name, given = pipe.recv()
        except (EOFError, KeyboardInterrupt):
            break
        if name == "close":
            break
        pipe.send(getattr(share, name)(*given))
    share.close()
