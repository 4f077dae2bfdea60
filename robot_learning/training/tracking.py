"""Experiment tracking in MLflow, beside the training and never in its way."""

import contextlib
import fcntl
import logging
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def code_version() -> str:
    """Return the git commit of the source tree, ``-dirty`` where it was changed."""
    command = ["git", "describe", "--always", "--dirty", "--abbrev=12"]
    source = Path(__file__).parent
    try:
        done = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return done.stdout.strip() or "unknown"


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    """Let one process at a time make the store's tables."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class Tracker:
    """Sends parameters, metrics and artifacts to MLflow from a thread of its own.

    The store is ``sqlite:///<runs>/mlflow.db`` unless ``MLFLOW_TRACKING_URI`` names another.
    Whatever goes wrong is one warning; the run goes on.
    """

    def __init__(self, runs: Path, name: str, params: dict[str, Any]) -> None:
        self._runs, self._name, self._params = runs.resolve(), name, params
        self._queue: queue.Queue[Any] = queue.Queue()
        self._failed = ""
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def metrics(self, values: dict[str, float], step: int) -> None:
        """Log metrics of a training step."""
        self._queue.put(("log_metrics", (values,), {"step": step}))

    def artifact(self, path: Path) -> None:
        """Store a file, or a folder under its own name."""
        if path.is_dir():
            self._queue.put(("log_artifacts", (str(path), path.name), {}))
        else:
            self._queue.put(("log_artifact", (str(path),), {}))

    def close(self, timeout: float = 30.0) -> None:
        """Wait until everything is stored, at most ``timeout`` s."""
        self._queue.put(None)
        self._thread.join(timeout)
        if self._thread.is_alive():
            self._failed = f"MLflow did not answer within {timeout:.0f} s"
        if self._failed:
            print(f"warning: the run was not tracked: {self._failed}", file=sys.stderr)

    def _work(self) -> None:
        try:
            self._store()
        except Exception as error:  # MLflow and its stores raise anything; a run must survive it
            self._failed = str(error).splitlines()[0] if str(error) else type(error).__name__

    def _store(self) -> None:
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
        import mlflow

        self._runs.mkdir(parents=True, exist_ok=True)
        local = "MLFLOW_TRACKING_URI" not in os.environ
        if local:
            mlflow.set_tracking_uri(f"sqlite:///{self._runs / 'mlflow.db'}")
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        with _only_one(self._runs / ".mlflow.lock"):
            if mlflow.get_experiment_by_name("robot_learning") is None:
                location = (self._runs / "mlartifacts").as_uri() if local else None
                mlflow.create_experiment("robot_learning", artifact_location=location)
            mlflow.set_experiment("robot_learning")
        with mlflow.start_run(run_name=self._name):
            mlflow.log_params(self._params)
            while (item := self._queue.get()) is not None:
                method, args, kwargs = item
                getattr(mlflow, method)(*args, **kwargs)
