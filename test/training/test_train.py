import functools
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import yaml

from robot_learning.base.errors import BundleError, ConfigError, TrainingError
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import (
    evaluate_bundle,
    rollout,
    runner_action,
    wilson,
)
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.robot import RobotSpec
from robot_learning.training import export as exporting
from robot_learning.training.checkpoint import find_checkpoint
from robot_learning.training.config import ALGORITHMS
from robot_learning.training.model import load_model, make_env, make_envs, make_model
from robot_learning.training.run import read_config, read_curve
from robot_learning.training.train import (
    FINAL_SEED,
    Interrupted,
    Silent,
    export_run,
    resume,
    train,
)

# Without demonstrations, which have tests of their own.
ALONE = [name for name in ALGORITHMS if name != "bc"]


@pytest.mark.parametrize("algorithm", ALONE)
def test_every_algorithm_ends_in_a_bundle_that_computes_the_same(finished, algorithm, arm6):
    run, folder = finished(algorithm)
    bundle = PolicyBundle.load(folder / "bundle")
    assert bundle.provenance["onnx_difference"] <= 1e-5
    assert bundle.provenance["steps"] >= run.train.total_steps
    assert bundle.evaluation["episodes"] == 3
    runner = PolicyRunner(bundle, arm6)
    model = load_model(run, make_envs(run), find_checkpoint(folder)[0])
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


def test_a_bundle_is_judged_on_plain_physics_and_remembers_what_it_saw_where_it_learnt(tiny):
    bundle = train(*tiny("dagger", "env.shift=training"))
    plain = evaluate_bundle(bundle, RobotSpec.load("arm6"), 3, FINAL_SEED)
    assert bundle.evaluation["mean_distance"] == pytest.approx(plain.mean_distance, rel=1e-3)
    assert bundle.object_deviation == pytest.approx(np.hypot(0.006, 0.012))
    assert bundle.tolerated_delay == pytest.approx(4 * 0.04)
    runner, env = PolicyRunner(bundle), ArmEnv("arm6", shift="training")
    seen = []
    rollout(env, lambda env: runner_action(runner, env), 3, FINAL_SEED, observations=seen)
    env.close()
    part = bundle.interface.term_slices()["tip_position"]
    mean = np.mean(seen, axis=0)[part]
    np.testing.assert_allclose(bundle.statistics["terms"]["tip_position"]["mean"], mean, atol=1e-3)


def test_a_run_leaves_what_made_it(finished):
    run, folder = finished("sac")
    assert read_config(folder) == run
    curve = read_curve(folder)
    assert [row["steps"] for row in curve] == [120, 240]
    assert list((folder / "tensorboard").glob("events*"))
    assert (folder / "report.html").is_file() and (folder / "plots/learning_curve.png").is_file()


def test_the_same_seed_gives_the_same_policy(tiny, finished):
    bundle = train(*tiny())
    before = finished("sac")[1] / "bundle"
    assert (bundle.path / "policy.onnx").read_bytes() == (before / "policy.onnx").read_bytes()


class Once(Silent):
    """Does something once, at a step of the training or an episode of the last evaluation."""

    def __init__(self, what, step=10**9, episode=10**9):
        self.what, self.at_step, self.at_episode = what, step, episode

    def step(self, done, total, success_rate):
        if done >= self.at_step:
            self.at_step = 10**9
            self.what()

    def episode(self, done, total):
        if done >= self.at_episode:
            self.at_episode = 10**9
            self.what()


def signal_all(number):
    """Signal this process and those it steps environments in, as a terminal's Ctrl-C does."""
    for worker in multiprocessing.active_children():
        os.kill(worker.pid, number)
    os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("algorithm", "number"),
    zip(ALONE, [signal.SIGINT, signal.SIGTERM] * 2, strict=True),
)
def test_a_signal_leaves_a_checkpoint_to_go_on_from(tiny, algorithm, number):
    run, folder = tiny(algorithm)
    half = run.train.total_steps // 2 + 40
    with pytest.raises(Interrupted):
        train(run, folder, Once(functools.partial(signal_all, number), half))
    model = load_model(run, make_envs(run), find_checkpoint(folder)[0])
    stopped = model.num_timesteps
    assert half <= stopped < run.train.total_steps
    if algorithm != "ppo":
        assert model.replay_buffer.size() > 0
    bundle = resume(folder)
    assert bundle.provenance["steps"] >= run.train.total_steps
    steps = [row["steps"] for row in read_curve(folder)]
    assert steps == sorted(set(steps)) and steps[-1] >= run.train.total_steps


def test_a_signal_to_all_processes_leaves_a_checkpoint(tiny):
    run, folder = tiny("dagger", "processes=2")
    with pytest.raises(Interrupted, match="SIGINT after 1.. steps"):
        train(run, folder, Once(functools.partial(signal_all, signal.SIGINT), 160))
    assert find_checkpoint(folder)[1] == "" and not (folder / "bundle").exists()
    assert not multiprocessing.active_children()


def test_a_killed_process_of_several_ends_the_training_with_one_line(tiny):
    run, folder = tiny("dagger", "processes=2")

    def kill():
        (worker,) = multiprocessing.active_children()
        worker.kill()

    with pytest.raises(TrainingError, match=r"process 2 of 2.*SIGKILL.*train --resume /") as found:
        train(run, folder, Once(kill, 160))
    assert str(folder) in str(found.value) and "\n" not in str(found.value)
    assert load_model(run, make_envs(run), find_checkpoint(folder)[0]).num_timesteps == 120
    assert not multiprocessing.active_children()


def test_a_signal_in_the_last_evaluation_says_so(trained):
    _, folder = trained()
    shutil.rmtree(folder / "bundle")
    stop = functools.partial(signal_all, signal.SIGTERM)
    for verb in (resume, export_run):
        with pytest.raises(Interrupted, match="SIGTERM in episode 2 of 3 of the final evaluation"):
            verb(folder, Once(stop, episode=2))
    assert resume(folder).evaluation["episodes"] == 3


def test_a_second_signal_ends_at_once(trained):
    _, folder = trained()

    def twice():
        for _ in range(2):
            signal_all(signal.SIGINT)

    with pytest.raises(Interrupted, match="again"):
        export_run(folder, Once(twice, episode=1))


def test_the_learning_rate_ends_at_its_end(tiny):
    run, _ = tiny("ppo", "total_steps=100")
    model = make_model(run, make_envs(run))
    model.learn(run.train.total_steps)
    assert model.num_timesteps > run.train.total_steps
    (group,) = model.policy.optimizer.param_groups
    assert group["lr"] == run.train.learning_rate.end
    model.env.close()


def test_nothing_is_exported_that_has_learnt_nothing(tiny):
    run, folder = tiny("sac", "total_steps=2000", "params.learning_starts=1500")
    with pytest.raises(Interrupted):
        train(run, folder, Once(functools.partial(signal_all, signal.SIGINT), 40))
    with pytest.raises(TrainingError, match="40 steps are done and nothing is learnt"):
        export_run(folder)


def test_what_stable_baselines_raises_is_one_line(tiny, monkeypatch):
    run, folder = tiny("sac")

    def broken(*_, **__):
        raise RuntimeError("no gradient\nfor the second")

    monkeypatch.setattr("stable_baselines3.SAC.train", broken)
    with pytest.raises(TrainingError, match=r"RuntimeError: no gradient; .*config.yaml") as found:
        train(run, folder)
    assert "\n" not in str(found.value)
    assert "no gradient" in (folder / "error.txt").read_text()


def test_a_killed_process_is_resumed_from_its_last_checkpoint(tmp_path):
    settings = ["total_steps=100000", "checkpoint_every=80", "params.learning_starts=40"]
    command = [sys.executable, "-m", "robot_learning.cli.main", "train", "--name", "killed"]
    command += ["--runs", str(tmp_path)]
    for setting in settings:
        command += ["--set", setting]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    folder = tmp_path / "killed"
    while not (folder / "checkpoint/SHA256SUMS").is_file():
        assert process.poll() is None
        time.sleep(0.05)
    process.kill()
    process.wait()
    run = read_config(folder)
    assert load_model(run, make_envs(run), find_checkpoint(folder)[0]).num_timesteps >= 80


def test_a_bundle_can_be_written_again(trained):
    _, folder = trained()
    before = (folder / "bundle/policy.onnx").read_bytes()
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


def test_what_is_no_run_is_refused(tmp_path, trained):
    with pytest.raises(ConfigError, match="no run"):
        resume(tmp_path)
    _, folder = trained()
    config = yaml.safe_load((folder / "config.yaml").read_text())
    (folder / "config.yaml").write_text(yaml.safe_dump({**config, "colour": "red"}))
    with pytest.raises(ConfigError, match="colour"):
        resume(folder)


def test_wilson_by_hand():
    low, high = wilson(198, 200)
    assert low == pytest.approx(0.9643, abs=1e-4) and high == pytest.approx(0.9973, abs=1e-4)
    assert wilson(0, 10)[0] == 0.0 and wilson(10, 10)[1] == 1.0
