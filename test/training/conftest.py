import pytest

from robot_learning.cli.train import make_run

TINY = {
    "sac": ["total_steps=240", "params.learning_starts=80", "eval_every=120"],
    "tqc": ["total_steps=640", "params.learning_starts=480", "eval_every=320"],
    "ppo": ["total_steps=512", "params.n_steps=32", "params.batch_size=64", "eval_every=256"],
}
SMALL = ["net_arch=[16]", "eval_episodes=2", "checkpoint_every=120", "final_episodes=3"]


@pytest.fixture
def tiny(tmp_path):
    def make(algorithm="sac", *overrides):
        settings = [*TINY[algorithm], *SMALL, *overrides]
        return make_run("arm6", "reach", algorithm, settings, 1, "tiny"), tmp_path / "tiny"

    return make
