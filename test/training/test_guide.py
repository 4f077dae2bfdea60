"""A policy that acts in some of the episodes of a learner."""

from dataclasses import replace

import numpy as np
import pytest

from robot_learning.base.errors import BundleError, ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import runner_action
from robot_learning.policy import PolicyBundle, PolicyRunner
from robot_learning.training.guide import PolicyGuide
from robot_learning.training.model import make_envs, make_model
from robot_learning.training.resolve import check_unchanged, make_run
from robot_learning.training.run import read_config
from robot_learning.training.train import resume, train


def guided(bundle, *overrides, algorithm="tqc", robot="arm6", task="reach"):
    settings = ["total_steps=640", "params.learning_starts=480", "net_arch=[16]", *overrides]
    settings += ["eval_every=320", "eval_episodes=2", "checkpoint_every=320", "final_episodes=3"]
    settings += ["env.action_mode=joint_velocity", "env.observed=null"]
    settings += ["her.symmetric=false"] if algorithm == "tqc" else []
    return make_run(robot, task, algorithm, settings, 1, "beyond", None, bundle)


@pytest.fixture
def taught(finished):
    """Return the folder of a run that was taught to reach."""
    return finished("dagger")[1]


def test_it_acts_as_it_is_deployed_in_its_share_of_the_episodes(taught):
    bundle = PolicyBundle.load(taught / "bundle")
    env, twin = ArmEnv(robot="arm6"), ArmEnv(robot="arm6")
    guide, runner = PolicyGuide(env, 0.5, bundle), PolicyRunner(bundle)
    led, noisy = 0, 0
    for seed in range(30):
        env.reset(seed=seed)
        twin.reset(seed=seed)
        guide.begin()
        for _ in range(3):
            done, kept = guide.act(np.full(6, 0.5))
            np.testing.assert_array_equal(kept, done)
            its = runner_action(runner, twin)
            env.step(done)
            twin.step(done)
        led += not (done == 0.5).all()
        noisy += not (done == 0.5).all() and np.abs(done - np.clip(its, -1, 1)).max() > 1e-6
    assert 8 <= led <= 22 and 0 < noisy < led
    env.close()
    twin.close()


def test_it_decides_when_the_learner_does_however_long_its_own_actions_hold(taught):
    bundle = PolicyBundle.load(taught / "bundle")
    slow = replace(bundle, interface=replace(bundle.interface, action_repeat=5))
    env = ArmEnv(robot="arm6")
    done = []
    for each in (bundle, slow):
        guide = PolicyGuide(env, 1.0 - 1e-9, each)
        env.reset(seed=2)
        guide.begin()
        done.append([])
        for _ in range(5):
            done[-1].append(guide.act(np.zeros(6))[0])
            env.step(done[-1][-1])
    np.testing.assert_array_equal(*done)
    assert not (done[0][0] == done[0][1]).all()
    env.close()


def test_what_it_did_is_replayed(taught):
    run = guided(taught, "n_envs=2", "normalize=false", "params.learning_starts=600")
    envs = make_envs(run)
    model = make_model(run, envs)
    done = []
    decide = PolicyGuide.act
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PolicyGuide, "act", lambda *given: done.append(decide(*given)) or done[-1])
        model.learn(200)
    kept = model.replay_buffer.actions[:100].reshape(200, -1)
    np.testing.assert_allclose(kept, [action for _, action in done], atol=1e-6)
    envs.close()


def test_a_run_tells_who_guided_it_and_goes_on_with_that_one_alone(taught, tmp_path):
    run = guided(taught, "total_steps=520")
    bundle = train(run, tmp_path / "beyond")
    its = PolicyBundle.load(taught / "bundle")
    assert bundle.provenance["guide"] == {"name": its.name, "hash": its.hash}
    assert read_config(tmp_path / "beyond") == run
    longer = run.train.model_copy(update={"total_steps": 560})
    resumed = resume(tmp_path / "beyond", run=run.model_copy(update={"train": longer}))
    assert resumed.provenance["steps"] == 560
    other = run.origin.model_copy(update={"guide": {"name": its.name, "hash": "0" * 64}})
    with pytest.raises(ConfigError, match=r"guide '.*' is not what the run began with: hash"):
        check_unchanged(run.model_copy(update={"origin": other}))


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"task": "push"}, r"guide\.bundle: .* does reach, and the run learns push"),
        (
            {"algorithm": "sac", "task": "slide"},
            r"guide: sac without her, as here for slide, replays nothing",
        ),
        ({"algorithm": "dagger"}, r"dagger without her, as here for reach"),
    ],
)
def test_what_it_can_not_guide_is_refused(taught, settings, named):
    with pytest.raises(ConfigError, match=named):
        guided(taught, **settings)


def test_no_bundle_is_one_line(tmp_path):
    with pytest.raises(BundleError, match="no such folder, and no shipped policy"):
        guided(tmp_path / "nowhere")


def test_a_guide_of_another_robot_or_way_to_act_is_refused(taught):
    with pytest.raises(BundleError, match="made for arm6, not panda"):
        guided(taught, robot="panda")
    run = guided(taught)
    env = run.train.env.model_copy(update={"action_mode": "tip_displacement"})
    run = run.model_copy(update={"train": run.train.model_copy(update={"env": env})})
    with pytest.raises(ConfigError, match="acts by joint_velocity, the run by tip_displacement"):
        make_envs(run)


def test_processes_are_each_given_one(taught):
    envs = make_envs(guided(taught, "n_envs=2", "processes=2", "normalize=false"))
    envs.seed(0)
    envs.reset()
    infos = envs.step(np.zeros((2, 6), dtype=np.float32))[3]
    assert all("guide" in info for info in infos)
    envs.close()
