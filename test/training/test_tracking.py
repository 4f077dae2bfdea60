import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import mlflow
import pytest

from robot_learning.training.tracking import Tracker
from robot_learning.training.train import train

pytestmark = pytest.mark.tracked


def runs_in(folder):
    # A store is kept by its URI, which has no way to spell every folder: a link has one.
    link = Path(tempfile.mkdtemp()) / "runs"
    link.symlink_to(folder.resolve())
    client = mlflow.MlflowClient(f"sqlite:///{link / 'mlflow.db'}")
    experiment = client.get_experiment_by_name("robot_learning")
    return client, client.search_runs([experiment.experiment_id])


def has_begun(store):
    with sqlite3.connect(store) as connection, contextlib.suppress(sqlite3.OperationalError):
        return connection.execute("select count(*) from runs").fetchone() == (1,)


def wait_until(holds):
    while not holds():
        time.sleep(0.1)


@pytest.fixture(autouse=True)
def own_store(monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "")  # as if it were not set
    before = os.getcwd()
    yield
    os.chdir(before)
    mlflow.set_tracking_uri(None)


def test_a_run_is_tracked_with_everything_that_made_it(tiny, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    run, _ = tiny()
    folder = tmp_path / "wie bitte? 100%41 #1" / "tiny"
    train(run, Path(os.path.relpath(folder)))
    assert {entry.name for entry in tmp_path.iterdir()} == {"here", folder.parent.name}
    assert not list((tmp_path / "here").iterdir())
    client, found = runs_in(folder.parent)
    (tracked,) = found
    assert tracked.info.status == "FINISHED"
    params = tracked.data.params
    assert params["robot"] == "arm6" and params["seed"] == "1"
    assert params["robot_hash"] == run.robot_hash and params["code"] == run.code
    assert params["train.params.gamma"] == str(run.train.params["gamma"])
    assert tracked.data.metrics["final/episodes"] == 3
    history = client.get_metric_history(tracked.info.run_id, "eval/success_rate")
    assert [point.step for point in history] == [120, 240]
    artifacts = {item.path for item in client.list_artifacts(tracked.info.run_id)}
    assert artifacts >= {"bundle", "curve.csv", "config.yaml", "report.html", "plots"}


def test_a_tracking_failure_never_costs_a_run(tiny, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    run, folder = tiny()
    assert train(run, folder).path.is_dir()
    assert "not tracked" in capsys.readouterr().err


def test_a_run_that_was_interrupted_is_no_finished_one(tmp_path):
    tracker = Tracker(tmp_path, "x", {"a": 1})
    tracker.close("KILLED", 60.0)
    assert runs_in(tmp_path)[1][0].info.status == "KILLED"


def test_a_store_that_cannot_be_written_is_one_warning(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    tracker = Tracker(tmp_path / "file" / "runs", "x", {"a": 1})
    tracker.metrics({"b": 1.0}, 1)
    tracker.close()
    assert capsys.readouterr().err.count("warning") == 1


def test_a_killed_training_leaves_no_process_and_a_failed_run(tmp_path):
    script = (
        "import sys, pathlib, time\n"
        "from robot_learning.training.tracking import Tracker\n"
        "tracker = Tracker(pathlib.Path(sys.argv[1]), 'x', {})\n"
        "print(tracker._process.pid, flush=True)\n"
        "time.sleep(100)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as training:
        tracker = int(training.stdout.readline())
        wait_until(lambda: has_begun(tmp_path / "mlflow.db"))
        training.send_signal(signal.SIGKILL)
    wait_until(lambda: not Path(f"/proc/{tracker}").exists())
    assert runs_in(tmp_path)[1][0].info.status == "FAILED"
