import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

from robot_learning.base.errors import BundleError, ConfigError
from robot_learning.evaluation.rollout import evaluate_bundle, wilson
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.training import export as exporting
from robot_learning.training.config import ALGORITHMS
from robot_learning.training.model import load_model, make_env, make_envs
from robot_learning.training.run import find_checkpoint, read_config, read_curve
from robot_learning.training.train import Interrupted, Silent, export_run, resume, train


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_ends_in_a_bundle_that_computes_the_same(tiny, algorithm, arm6):
    run, folder = tiny(algorithm)
    bundle = train(run, folder)
    assert bundle.provenance["onnx_difference"] <= 1e-5
    assert bundle.provenance["steps"] >= run.train.total_steps
    assert bundle.evaluation["episodes"] == 3
    runner = PolicyRunner(PolicyBundle.load(folder / "bundle"), arm6)
    model = load_model(run, make_envs(run), find_checkpoint(folder))
    env = make_env(run)
    env.reset(seed=0)
    observation = env.interface.split(env.flat_observation)
    normalize = model.get_vec_normalize_env()
    if normalize is not None:
        observation = normalize.normalize_obs(observation)
    theirs, _ = model.predict(observation, deterministic=True)
    ours = runner._session.run(None, {"observation": env.flat_observation[None]})[0][0]
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert evaluate_bundle(bundle, arm6, 2, 0).episodes == 2


def test_a_run_leaves_what_made_it(tiny):
    run, folder = tiny()
    train(run, folder)
    assert read_config(folder) == run
    curve = read_curve(folder)
    assert [row["steps"] for row in curve] == [120, 240]
    assert list((folder / "tensorboard").glob("events*"))
    assert (folder / "report.html").is_file() and (folder / "plots/learning_curve.png").is_file()


def test_the_same_seed_gives_the_same_policy(tiny):
    run, folder = tiny()
    hashes = set()
    for name in ("one", "two"):
        bundle = train(run, folder.with_name(name))
        hashes.add((bundle.path / "policy.onnx").read_bytes())
    assert len(hashes) == 1


class StopAt(Silent):
    """Sends this process a signal at a step."""

    def __init__(self, at, number):
        self.at, self.number = at, number

    def step(self, done, total, success_rate):
        if done >= self.at:
            self.at = 10**9
            os.kill(os.getpid(), self.number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_signal_leaves_a_checkpoint_to_go_on_from(tiny, algorithm, number):
    run, folder = tiny(algorithm)
    half = run.train.total_steps // 2 + 40
    with pytest.raises(Interrupted):
        train(run, folder, StopAt(half, number))
    model = load_model(run, make_envs(run), find_checkpoint(folder))
    stopped = model.num_timesteps
    assert half <= stopped < run.train.total_steps
    if algorithm != "ppo":
        assert model.replay_buffer.size() > 0
    bundle = resume(folder)
    assert bundle.provenance["steps"] >= run.train.total_steps
    steps = [row["steps"] for row in read_curve(folder)]
    assert steps == sorted(set(steps)) and steps[-1] >= run.train.total_steps


def test_a_killed_process_is_resumed_from_its_last_checkpoint(tmp_path):
    settings = ["total_steps=100000", "checkpoint_every=80", "params.learning_starts=40"]
    command = [sys.executable, "-m", "robot_learning.cli.main", "train", "--name", "killed"]
    command += ["--runs", str(tmp_path)]
    for setting in settings:
        command += ["--set", setting]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = tmp_path / "killed"
    deadline = time.monotonic() + 60
    while not (folder / "checkpoint" / "model.zip").is_file():
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    run = read_config(folder)
    assert load_model(run, make_envs(run), find_checkpoint(folder)).num_timesteps >= 80


def test_a_bundle_can_be_written_again(tiny):
    run, folder = tiny()
    before = (train(run, folder).path / "policy.onnx").read_bytes()
    again = export_run(folder)
    assert (again.path / "policy.onnx").read_bytes() == before


def test_an_export_that_computes_something_else_fails_loudly(tiny, monkeypatch):
    run, folder = tiny()
    real = exporting.to_onnx

    def wrong(module, n_obs):
        module.scale = module.scale * 1.01
        return real(module, n_obs)

    monkeypatch.setattr(exporting, "to_onnx", wrong)
    with pytest.raises(BundleError, match="differs"):
        train(run, folder)
    assert not (folder / "bundle").exists()


def test_what_is_no_run_is_refused(tmp_path, tiny):
    with pytest.raises(ConfigError, match="no run"):
        resume(tmp_path)
    run, folder = tiny()
    train(run, folder)
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, "colour": "red"}))
    with pytest.raises(ConfigError, match="colour"):
        resume(folder)


def test_params_the_algorithm_does_not_know_are_named(tiny):
    run, folder = tiny("sac", "params.patience=3")
    with pytest.raises(ConfigError, match="patience"):
        train(run, folder)


def test_wilson_by_hand():
    low, high = wilson(198, 200)
    assert low == pytest.approx(0.9643, abs=1e-4) and high == pytest.approx(0.9973, abs=1e-4)
    assert wilson(0, 10)[0] == 0.0 and wilson(10, 10)[1] == 1.0
