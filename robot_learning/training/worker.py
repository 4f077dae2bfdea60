"""The environments of one process, and what it does when the process that learns asks."""

import contextlib
import functools
import signal
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, NamedTuple

import gymnasium
import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.env_util import is_wrapped

from robot_learning.base.errors import RobotLearningError, TrainingError


class Shared(NamedTuple):
    """Memory that all processes see: actions to take, and what a step came to, by environment."""

    observations: dict[str, Any]
    actions: Any
    rewards: Any
    dones: Any


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

    def ask(self, rows: Sequence[int], what: str, arguments: tuple[Any, ...]) -> list[Any]:
        """Get or set an attribute, call a method, look for a wrapper; of some of them."""
        return [_ask(self._envs[row], what, *arguments) for row in rows]

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


def floats(rows: int, columns: int) -> tuple[Any, tuple[int, int]]:
    """Return memory for an array (rows, columns) that all processes see, and its shape."""
    return RawArray("f", rows * columns), (rows, columns)


def views(shared: Shared) -> Shared:
    """Return the shared memory as numpy arrays."""

    def view(memory: tuple[Any, tuple[int, int]]) -> NDArray[np.float32]:
        return np.frombuffer(memory[0], dtype=np.float32).reshape(memory[1])

    observations = {key: view(item) for key, item in shared.observations.items()}
    return Shared(observations, *(view(item) for item in shared[1:]))


def work(pipe: Connection, makes: Any, shared: Shared, first: int) -> None:
    """Do what the other end of the pipe asks for, until it says close or is gone.

    A signal to all processes of a group is for the one that learns: it needs the others until its
    checkpoint is written.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        share = tried(lambda: Share([make() for make in makes.var], views(shared), first))
        if isinstance(share, Exception):
            pipe.send(_portable(share))
            return
        pipe.send(None)
        while (asked := pipe.recv())[0] != "close":
            name, given = asked
            pipe.send(_portable(tried(functools.partial(getattr(share, name), *given))))
        share.close()


def tried(call: Callable[[], Any]) -> Any:
    """Return what a call returns, or the exception that it raises."""
    try:
        return call()
    except Exception as error:
        return error


def _portable(answer: Any) -> Any:
    """Return an answer that can be sent: of an error that another process knows, or one line."""
    if not isinstance(answer, Exception) or isinstance(
        answer, RobotLearningError | AttributeError
    ):
        return answer
    place = traceback.extract_tb(answer.__traceback__)[-1]
    said = f"{type(answer).__name__}: {answer} ({place.filename}:{place.lineno})"
    return TrainingError(f"an environment failed: {said}")
