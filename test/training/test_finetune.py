import numpy as np
import pytest
import torch

from robot_learning.base.errors import BundleError, ConfigError
from robot_learning.policy import PolicyBundle
from robot_learning.policy.runner import open_session
from robot_learning.training.model import load_model, make_env, make_envs, make_model
from robot_learning.training.pretrained import Pretrained
from robot_learning.training.resolve import make_run
from robot_learning.training.train import train

SMALL = ["n_envs=2", "params.n_steps=16", "params.batch_size=16", "params.critic_steps=64"]
SHORT = ["total_steps=128", "eval_every=128", "eval_episodes=1", "final_episodes=1"]


@pytest.fixture(scope="module")
def imitated(finished):
    return finished("dagger")[1] / "bundle"


def run_from(start, *overrides, task="reach"):
    return make_run("arm6", task, "finetune", [*SMALL, *SHORT, *overrides], 0, "x", start=start)


def actions_of(model, run, seen):
    env = make_env(run)
    parts = [env.interface.split(row) for row in seen]
    batch = {key: np.stack([part[key] for part in parts]) for key in parts[0]}
    env.close()
    return model.predict(model.get_vec_normalize_env().normalize_obs(batch), deterministic=True)[0]


def test_it_begins_as_the_bundle_and_stays_so_until_the_critic_has_learnt(imitated):
    run = run_from(imitated)
    model = make_model(run, make_envs(run))
    seen = np.random.default_rng(0).normal(0, 0.3, (50, model.env.get_attr("interface")[0].n_obs))
    seen = seen.astype(np.float32)
    session = open_session((imitated / "policy.onnx").read_bytes())
    theirs = session.run(None, {"observation": seen})[0]
    before = model.env.obs_rms["observation"].mean.copy()
    np.testing.assert_allclose(actions_of(model, run, seen), theirs, atol=1e-5)
    critic = model.policy.value_net.weight.clone()
    model.learn(64)
    np.testing.assert_allclose(actions_of(model, run, seen), theirs, atol=1e-5)
    assert not torch.equal(critic, model.policy.value_net.weight)
    model.learn(64, reset_num_timesteps=False)
    assert np.abs(actions_of(model, run, seen) - theirs).max() > 1e-4
    np.testing.assert_array_equal(model.env.obs_rms["observation"].mean, before)
    model.env.close()


def test_exploration_is_as_large_as_asked_for_and_held(imitated):
    run = run_from(imitated, "params.noise=0.3", "params.sde_sample_freq=4")
    model = make_model(run, make_envs(run))
    seen, added = model.env.reset(), []
    for _ in range(40):
        inputs = model.policy.obs_to_tensor(seen)[0]
        with torch.no_grad():
            model.policy.reset_noise(2)
            added.append((model.policy(inputs)[0] - model.policy(inputs, True)[0]).numpy())
        seen = model.env.step(np.zeros((2, 6)))[0]
    assert 0.2 < np.std(added) < 0.45
    model.env.close()


def test_what_was_tuned_can_be_resumed_and_tuned_again(imitated, tmp_path):
    run = run_from(imitated)
    bundle = train(run, tmp_path / "run")
    assert bundle.provenance["algorithm"] == "finetune"
    assert Pretrained.read(bundle).widths == Pretrained.read(PolicyBundle.load(imitated)).widths
    model = load_model(run, make_envs(run), tmp_path / "run" / "checkpoint")
    assert model.num_timesteps == 128 and not model.env.training
    seen = np.zeros((1, model.env.get_attr("interface")[0].n_obs), dtype=np.float32)
    session = open_session((bundle.path / "policy.onnx").read_bytes())
    theirs = session.run(None, {"observation": seen})[0]
    np.testing.assert_allclose(actions_of(model, run, seen), theirs, atol=1e-5)
    model.env.close()
    again = run_from(tmp_path / "run")
    make_model(again, make_envs(again)).env.close()


def test_an_episode_of_the_training_may_be_shorter(imitated):
    envs = make_envs(run_from(imitated, "env.steps=3"))
    envs.reset()
    done = [envs.step(np.zeros((2, 6)))[2].all() for _ in range(3)]
    assert done == [False, False, True]
    envs.close()


def test_another_start_is_refused(imitated, finished, bundle):
    with pytest.raises(ConfigError, match="start: finetune goes on from a bundle; give --from"):
        make_run("arm6", "reach", "finetune", [], 0, "x")
    with pytest.raises(ConfigError, match="start: sac begins anew; use --config finetune"):
        make_run("arm6", "reach", "sac", [], 0, "x", start=imitated)
    with pytest.raises(BundleError, match="made for arm6, not panda"):
        make_run("panda", "reach", "finetune", [], 0, "x", start=imitated)
    with pytest.raises(ConfigError, match="normalize: finetune goes on with what is normalised"):
        run_from(imitated, "normalize=false")
    other = run_from(imitated, task="push")
    with pytest.raises(ConfigError, match="another task: .*task: reach there, push here"):
        make_model(other, make_envs(other))
    others = [(finished(kind)[1], kind) for kind in ("ppo", "sac")]
    for start, kind in [*others, (bundle.path, "scripted")]:
        run = run_from(start)
        with pytest.raises(BundleError, match=f"made by {kind}, whose network can't be trained"):
            make_model(run, make_envs(run))
