"""The environments of one process, and what it does when the process that learns asks."""

import contextlib
import functools
import math
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.sharedctypes import RawArray
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import RobotLearningError, TrainingError
from robot_learning.envs import ArmEnv
from robot_learning.envs.stepping import Info, move_all, step_all
from robot_learning.training.guide import MakeGuide


class Shared(NamedTuple):
    """Memory that all processes see: actions to take, and what a step came to, by environment."""

    observations: dict[str, Any]
    actions: Any
    rewards: Any
    dones: Any


class Manner(NamedTuple):
    """How environments are stepped.

    Attributes:
        repeat: policy periods that an action holds for.
        guide: makes who acts in some of the episodes, and puts into ``info["guide"]`` which action
            is to be kept of a step (:mod:`robot_learning.training.guide`); None for nobody.
        stopped: cost of a stop for good by the safety filter, which ends the episode; told in
            ``info["cost"]``. None to let such an episode go on.
    """

    repeat: int = 1
    guide: MakeGuide | None = None
    stopped: float | None = None


class Share:
    """The environments of one process, and where in the shared memory they begin.

    Episodes are as long as their task's, to the end of an action that holds.

    Args:
        envs: what is stepped.
        shared: the shared memory.
        first: row of the first of them there.
        manner: how.
    """

    def __init__(
        self,
        envs: list[ArmEnv],
        shared: Shared,
        first: int,
        manner: Manner,
    ) -> None:
        self._envs, self._views, self._first, self._manner = envs, shared, first, manner
        self._guides = [] if manner.guide is None else [manner.guide(env) for env in envs]
        self._earned = np.zeros(len(envs))
        self._began = time.time()

    def reset(self, seeds: Sequence[int | None], options: Sequence[Any]) -> list[Info]:
        """Start all episodes anew."""
        return [
            self._begin(row, seed, option or None)
            for row, (seed, option) in enumerate(zip(seeds, options, strict=True))
        ]

    def step(self) -> list[tuple[Info, Info | None]]:
        """Step all; return the infos, and those of episodes that begin because others ended."""
        last = self._first + len(self._envs)
        actions: Sequence[Any] = self._views.actions[self._first : last]
        guides: Sequence[Any] = ()
        if self._guides:
            acted = [
                guide.act(action) for guide, action in zip(self._guides, actions, strict=True)
            ]
            actions, guides = zip(*acted, strict=True)
        for _ in range(self._manner.repeat - 1):
            move_all(self._envs, actions)
        flat, rewards, infos = step_all(self._envs, actions)
        for key, part in self._envs[0].interface.split(flat).items():
            self._views.observations[key][self._first : last] = part
        for row, (env, info) in enumerate(zip(self._envs, infos, strict=True)):
            if self._manner.stopped is not None and env.filter.latched is not None:
                info["cost"] = self._manner.stopped
                rewards[row] = -self._manner.stopped
        self._views.rewards[self._first : last, 0] = rewards
        self._earned += rewards
        for info, guide in zip(infos, guides, strict=False):
            info["guide"] = guide
        begun = [self._go_on(row, info) for row, info in enumerate(infos)]
        return list(zip(infos, begun, strict=True))

    def ask(self, rows: Sequence[int], what: str, arguments: tuple[Any, ...]) -> list[Any]:
        """Get or set an attribute or call a method; of some of them."""
        return [_ask(self._envs[row], what, *arguments) for row in rows]

    def close(self) -> None:
        """End the environments."""
        for env in self._envs:
            env.close()

    def _begin(self, row: int, seed: int | None = None, options: Any = None) -> Info:
        observation, info = self._envs[row].reset(seed=seed, options=options)
        if self._guides:
            self._guides[row].begin()
        self._earned[row] = 0.0
        for key, view in self._views.observations.items():
            view[self._first + row] = observation[key]
        return info

    def _go_on(self, row: int, info: Info) -> Info | None:
        """Begin an episode where one has ended; return its info."""
        env = self._envs[row]
        late = env.steps_taken >= env.task.steps
        info["TimeLimit.truncated"] = late
        self._views.dones[self._first + row, 0] = over = late or "cost" in info
        if not over:
            return None
        info["terminal_observation"] = env.interface.split(env.flat_observation)
        seconds = round(time.time() - self._began, 6)
        earned = round(float(self._earned[row]), 6)
        length = math.ceil(env.steps_taken / self._manner.repeat)
        info["episode"] = {"r": earned, "l": length, "t": seconds}
        return self._begin(row)


def _ask(env: ArmEnv, what: str, *given: Any) -> Any:
    if what == "get":
        return getattr(env, given[0])
    if what == "set":
        return setattr(env, *given)
    name, arguments, settings = given
    return getattr(env, name)(*arguments, **settings)


def floats(rows: int, columns: int) -> tuple[Any, tuple[int, int]]:
    """Return memory for an array (rows, columns) that all processes see, and its shape."""
    return RawArray("f", rows * columns), (rows, columns)


def views(shared: Shared) -> Shared:
    """Return the shared memory as numpy arrays."""

    def view(memory: tuple[Any, tuple[int, int]]) -> NDArray[np.float32]:
        return np.frombuffer(memory[0], dtype=np.float32).reshape(memory[1])

    observations = {key: view(item) for key, item in shared.observations.items()}
    return Shared(observations, *(view(item) for item in shared[1:]))


def work(
    pipe: Connection,
    makes: Any,
    shared: Shared,
    first: int,
    manner: Manner,
) -> None:
    """Do what the other end of the pipe asks for, until it says close or is gone.

    A signal to all processes of a group is for the one that learns: it needs the others until its
    checkpoint is written.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(EOFError, OSError):
        of = views(shared), first, manner
        share = tried(lambda: Share([make() for make in makes.var], *of))
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
