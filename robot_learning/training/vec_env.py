"""Environments that are stepped together, in one process or in several.

Each process steps some of them stage by stage; arrays travel in shared memory.
"""

import contextlib
import functools
import multiprocessing as mp
import signal
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import Finalize
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.vec_env.base_vec_env import CloudpickleWrapper, VecEnv

from robot_learning.base.errors import TrainingError
from robot_learning.base.interrupts import deaf
from robot_learning.envs import ArmEnv
from robot_learning.training.worker import Manner, Share, Shared, floats, tried, views, work

PATIENCE = 10.0  # s for a process to end that was asked to
Make = Callable[[], ArmEnv]
PLAIN = Manner()


class ProcessLost(TrainingError):
    """A process with environments is gone."""


class ArmVecEnv(VecEnv):
    """Environments of one robot and task as Stable-Baselines3 wants them, with time limits.

    Episodes are as long as their task's, are counted as ``Monitor`` counts them, and begin anew
    when they end. Stable-Baselines3's own ``DummyVecEnv`` steps one environment after the other,
    which empties the caches between; its ``SubprocVecEnv`` has one in each process, pickles every
    array and lets the process that learns wait: a step of an arm is too short for that.

    Args:
        makes: one function for each environment.
        processes: how many there are, this one included; the environments are shared out evenly.
        manner: how they are stepped.

    Raises:
        ProcessLost: here and in every method, where one of the processes ended.
        RobotLearningError: what an environment raised, in whichever process.
    """

    def __init__(
        self,
        makes: Sequence[Make],
        processes: int = 1,
        manner: Manner = PLAIN,
    ) -> None:
        count = self.num_envs = len(makes)
        self._parts = np.array_split(np.arange(count), processes)
        envs = [makes[i]() for i in self._parts[0]]
        spaces: Any = envs[0].observation_space
        actions: Any = envs[0].action_space
        shared = Shared(
            {key: floats(count, space.shape[0]) for key, space in spaces.items()},
            floats(count, actions.shape[0]),
            floats(count, 1),
            floats(count, 1),
        )
        self._views = views(shared)
        self._own = Share(envs, self._views, 0, manner)
        self._pipes: list[Connection] = []
        self._workers: list[BaseProcess] = []
        # Before multiprocessing ends its processes by a signal, to which they do not listen.
        self._end = Finalize(self, _end, (self._pipes, self._workers), exitpriority=10)
        context = mp.get_context("forkserver")
        context.set_forkserver_preload(["robot_learning.envs"])  # imported once, not by each
        for part in self._parts[1:]:
            ours, theirs = context.Pipe()
            given = CloudpickleWrapper([makes[i] for i in part])
            arguments = (theirs, given, shared, int(part[0]), manner)
            worker = context.Process(target=work, args=arguments, daemon=True)
            with deaf():
                worker.start()
            theirs.close()
            self._pipes.append(ours)
            self._workers.append(worker)
        try:
            self._collect(lambda: None)  # that all environments are there
        except BaseException:
            self.close()
            raise
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
        for k in range(len(self._pipes)):
            self._send(k, "step", ())

    def step_wait(self) -> Any:
        """Return what the step came to; ended episodes have begun again."""
        found = [each for part in self._collect(self._own.step) for each in part]
        for row, (_, begun) in enumerate(found):
            self.reset_infos[row] = self.reset_infos[row] if begun is None else begun
        rewards, dones = self._views.rewards[:, 0].copy(), self._views.dones[:, 0] > 0
        return self._observations(), rewards, dones, [info for info, _ in found]

    def close(self) -> None:
        """End the environments and the processes."""
        self._own.close()
        self._end()

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
        """Say of each environment that no wrapper is around it."""
        return [False for _ in self._get_indices(indices)]

    def _ask(self, what: str, arguments: tuple[Any, ...], indices: Any) -> list[Any]:
        """Ask those environments alone; return the answers in the order of ``indices``."""
        wanted = [int(i) for i in self._get_indices(indices)]
        given = [
            ([i - int(part[0]) for i in wanted if i in part], what, arguments)
            for part in self._parts
        ]
        found = [iter(answers) for answers in self._everywhere("ask", given)]
        home = {int(i): k for k, part in enumerate(self._parts) for i in part}
        return [next(found[home[i]]) for i in wanted]

    def _everywhere(self, name: str, given: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Call a method of each process's share."""
        for k, arguments in enumerate(given[1:]):
            self._send(k, name, arguments)
        return self._collect(lambda: getattr(self._own, name)(*given[0]))

    def _collect(self, own: Callable[[], Any]) -> list[Any]:
        """Return what this process makes of its share, and the answers of the others.

        All are heard before an error is raised, so that none is taken for the next answer.
        """
        calls: list[Callable[[], Any]]
        calls = [own, *(functools.partial(self._receive, k) for k in range(len(self._pipes)))]
        answers = [tried(call) for call in calls]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def _send(self, k: int, name: str, arguments: tuple[Any, ...]) -> None:
        try:
            self._pipes[k].send((name, arguments))
        except OSError as error:
            raise self._lost(k) from error

    def _receive(self, k: int) -> Any:
        try:
            answer = self._pipes[k].recv()
        except (EOFError, OSError) as error:
            raise self._lost(k) from error
        return answer

    def _lost(self, k: int) -> ProcessLost:
        """Return the error of a process that is gone."""
        self._workers[k].join(PATIENCE)
        code, part = self._workers[k].exitcode, self._parts[k + 1]
        how = f"by {signal.Signals(-code).name}" if code and code < 0 else f"with exit code {code}"
        why = "; the kernel does so where memory is short" if code == -signal.SIGKILL else ""
        return ProcessLost(
            f"process {k + 2} of {len(self._parts)}, with environments {part[0]} to {part[-1]}, "
            f"was ended {how}{why}"
        )

    def _observations(self) -> dict[str, NDArray[np.float32]]:
        return {key: view.copy() for key, view in self._views.observations.items()}


def _end(pipes: list[Connection], workers: list[BaseProcess]) -> None:
    """Ask processes to end, then make them."""
    for pipe in pipes:
        with contextlib.suppress(OSError):
            pipe.send(("close", ()))
        pipe.close()
    for worker in workers:
        worker.join(PATIENCE)
        if worker.is_alive():
            worker.kill()
            worker.join()
    pipes.clear()
    workers.clear()
