import functools
import shutil
from pathlib import Path

import pytest

from robot_learning.training.resolve import make_run
from robot_learning.training.train import train

TINY = {
    "dagger": ["total_steps=240", "params.learning_starts=80", "eval_every=120"],
    "sac": ["total_steps=240", "params.learning_starts=80", "eval_every=120"],
    "tqc": ["total_steps=640", "params.learning_starts=480", "eval_every=320"],
    "ppo": ["total_steps=512", "params.n_steps=32", "params.batch_size=64", "eval_every=256"],
}
SMALL = ["net_arch=[16]", "eval_episodes=2", "checkpoint_every=120", "final_episodes=3"]


class Untracked:
    """In the place of the tracker, which starts a process that imports MLflow."""

    def __init__(self, runs, name, params):
        pass

    def metrics(self, values, step):
        pass

    def artifact(self, path):
        pass

    def close(self, status="FINISHED"):
        pass


@pytest.fixture(autouse=True)
def untracked(request, monkeypatch):
    """Only the tests of the tracking wait for MLflow."""
    if request.node.get_closest_marker("tracked") is None:
        monkeypatch.setattr("robot_learning.training.train.Tracker", Untracked)


def tiny_run(algorithm, *overrides):
    settings = [*TINY[algorithm], *SMALL, *overrides]
    return make_run("arm6", "reach", algorithm, settings, 1, "tiny")


@pytest.fixture
def tiny(tmp_path):
    def make(algorithm="sac", *overrides):
        return tiny_run(algorithm, *overrides), tmp_path / "tiny"

    return make


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """Train once with each algorithm that is asked for; return run and folder, not to change."""

    @functools.cache
    def train_once(algorithm):
        run, folder = tiny_run(algorithm), tmp_path_factory.mktemp("finished") / "tiny"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("robot_learning.training.train.Tracker", Untracked)
            train(run, folder)
        return run, folder

    return train_once


@pytest.fixture
def trained(tmp_path, finished):
    """Return a finished run and a copy of its folder."""

    def copied(algorithm="sac"):
        run, folder = finished(algorithm)
        return run, Path(shutil.copytree(folder, tmp_path / "trained"))

    return copied
