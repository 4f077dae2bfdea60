"""Experiment tracking in MLflow, beside the training and never in its way."""

import contextlib
import fcntl
import logging
import multiprocessing as mp
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from multiprocessing.util import Finalize
from pathlib import Path
from queue import Empty
from typing import Any

from robot_learning.base.interrupts import deaf

ALIVE_EVERY = 2.0  # s between two looks whether the training is still there


def code_version() -> str:
    """Return the git commit of the source tree, ``-dirty`` where it was changed."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    source = Path(__file__).parent
    try:
        done = subprocess.run(
            command, cwd=source, capture_output=True, encoding="utf-8", timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one process at a time make the store's tables."""
    with lock.open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Tracker:
    """Sends parameters, metrics and artifacts to MLflow from a process of its own.

    A thread would do, but to import MLflow takes seconds that the training then lacks. The store
    is ``mlflow.db`` in the folder of the runs unless ``MLFLOW_TRACKING_URI`` names another.
    Whatever goes wrong is one warning; the run goes on.
    """

    def __init__(self, runs: Path, name: str, params: dict[str, Any]) -> None:
        context = mp.get_context("spawn")
        self._queue: Any = context.Queue()
        self._failures: Any = context.Queue()
        given = runs.resolve(), name, params, self._queue, self._failures
        self._process = context.Process(target=_work, args=given, daemon=True)
        # A console script is no module that the process could import, and it has no need to.
        main = sys.modules["__main__"]
        file, main.__file__ = getattr(main, "__file__", None), None
        try:
            with deaf():
                self._process.start()
        finally:
            main.__file__ = file
        # Where nobody closes it: multiprocessing would send it a signal, which it ignores.
        arguments = (self._process, self._queue, self._failures, 1.0)
        self._end = Finalize(self, _end, arguments, exitpriority=10)

    def metrics(self, values: dict[str, float], step: int) -> None:
        """Log metrics of a training step."""
        self._queue.put(("log_metrics", (values,), {"step": step}))

    def artifact(self, path: Path) -> None:
        """Store a file, or a folder under its own name."""
        if path.is_dir():
            self._queue.put(("log_artifacts", (str(path.resolve()), path.name), {}))
        else:
            self._queue.put(("log_artifact", (str(path.resolve()),), {}))

    def close(self, status: str = "FINISHED", timeout: float = 30.0) -> None:
        """Say how the run ended, and wait at most ``timeout`` s until everything is stored."""
        if self._end.still_active():
            self._end.cancel()
            self._queue.put(("end_run", (status,), {}))
            _end(self._process, self._queue, self._failures, timeout)


def _end(process: Any, queue: Any, failures: Any, timeout: float) -> None:
    """End the process once everything is stored, or after ``timeout`` s."""
    queue.put(None)
    process.join(timeout)
    queue.cancel_join_thread()  # which waits for what a process that is gone has not read
    failed = "" if failures.empty() else failures.get()
    if process.is_alive():
        process.kill()
        process.join()
        failed = f"MLflow did not answer within {timeout:.0f} s"
    if failed:
        print(f"warning: the run was not tracked: {failed}", file=sys.stderr)


def _work(runs: Path, name: str, params: dict[str, Any], queue: Any, failures: Any) -> None:
    """Store what comes; signals are for the process that trains."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        _store(runs, name, params, queue)
    except Exception as error:  # MLflow and its stores raise anything; a run must survive it
        failures.put(str(error).splitlines()[0] if str(error) else type(error).__name__)


def _store(runs: Path, name: str, params: dict[str, Any], queue: Any) -> None:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
    import mlflow

    runs.mkdir(parents=True, exist_ok=True)
    local = not os.environ.get("MLFLOW_TRACKING_URI", "").strip()
    if local:
        # A database URI has no way to spell every folder, so it is named from inside.
        os.chdir(runs)
        mlflow.set_tracking_uri("sqlite:///mlflow.db")
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with _only_one(runs / ".mlflow.lock"):
        if mlflow.get_experiment_by_name("robot_learning") is None:
            location = (runs / "mlartifacts").as_uri() if local else None
            mlflow.create_experiment("robot_learning", artifact_location=location)
        mlflow.set_experiment("robot_learning")
    with mlflow.start_run(run_name=name):
        mlflow.log_params(params)
        while (item := _next(queue)) is not None:
            method, args, kwargs = item
            getattr(mlflow, method)(*args, **kwargs)


def _next(queue: Any) -> Any:
    """Return what is to be stored next.

    Raises:
        ChildProcessError: where the training is gone without having said that this was all.
    """
    training = mp.parent_process()
    while True:
        with contextlib.suppress(Empty):
            return queue.get(timeout=ALIVE_EVERY)
        if training is None or not training.is_alive():
            raise ChildProcessError("the training was killed")
