import pytest

from robot_learning.cli.train import make_run

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

    def close(self):
        pass


@pytest.fixture(autouse=True)
def untracked(request, monkeypatch):
    """Only the tests of the tracking wait for MLflow."""
    if request.node.get_closest_marker("tracked") is None:
        monkeypatch.setattr("robot_learning.training.train.Tracker", Untracked)


@pytest.fixture
def tiny(tmp_path):
    def make(algorithm="sac", *overrides):
        settings = [*TINY[algorithm], *SMALL, *overrides]
        return make_run("arm6", "reach", algorithm, settings, 1, "tiny"), tmp_path / "tiny"

    return make
