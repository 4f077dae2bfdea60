import numpy as np
import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.training.guide import ScriptGuide
from robot_learning.training.model import make_envs, make_model
from robot_learning.training.resolve import make_run
from robot_learning.training.train import train
from robot_learning.worlds.variation import Randomization


def test_the_script_is_asked_for_what_there_is_to_know():
    late = Randomization({"observation_latency": 2, "action_latency": 1, "joint_noise": 0.001})
    env = ArmEnv(robot="arm6", shift=late)
    guide = ScriptGuide(env, share=0.0)
    env.reset(seed=0)
    guide.begin()
    for _ in range(5):
        wanted = np.clip(expert_action(env.ideal), -1, 1)
        before = env.state.q
        seen = np.clip(expert_action(env), -1, 1)
        action, told = guide.act(np.zeros(6))
        np.testing.assert_array_equal(told, wanted)
        assert (wanted != seen).any()
        env.step(action)
        assert np.abs(env.state.q - before).max() < 0.01
    env.close()


def test_the_script_acts_in_its_share_of_the_episodes():
    env = ArmEnv(robot="arm6")
    guide = ScriptGuide(env, share=1.0)
    env.reset(seed=0)
    guide.begin()
    assert any(env.step(guide.act(np.zeros(6))[0])[4]["is_success"] for _ in range(50))
    env.close()


def test_the_learner_acts_without_noise_in_half_of_its_episodes():
    env = ArmEnv(robot="arm6")
    guide = ScriptGuide(env, share=0.0)
    env.reset(seed=0)
    acted = []
    for _ in range(40):
        guide.begin()
        acted.append(guide.act(np.full(6, 0.5))[0])
    exact = [(action == 0.5).all() for action in acted]
    assert 10 < sum(exact) < 30
    assert np.abs(acted).max() <= 1.0
    env.close()


def test_the_buffer_keeps_what_the_script_would_do():
    run = make_run("arm6", "reach", "dagger", ["n_envs=2", "params.learning_starts=1000"], 0, "x")
    envs = make_envs(run)
    model = make_model(run, envs)
    asked = []
    step = envs.venv.step_wait

    def watched():
        found = step()
        asked.append([info["guide"] for info in found[3]])
        return found

    envs.venv.step_wait = watched
    model.learn(20)
    buffer = model.replay_buffer
    np.testing.assert_allclose(buffer.actions[:10], np.array(asked), atol=1e-6)
    buffer.observations["achieved_goal"][:10, :, 0] = buffer.actions[:10, :, 0]
    seen, guides = buffer.shown(np.random.default_rng(0).integers(20, size=50))
    assert guides.shape == (50, 6) and seen.shape == (50, envs.get_attr("interface")[0].n_obs)
    np.testing.assert_array_equal(seen[:, 0], guides[:, 0])
    envs.close()


def test_copies_are_fitted_where_all_that_is_seen_turns_with_the_scene():
    small = ["n_envs=1", "params.learning_starts=1000"]
    for task, copied in (("push", True), ("reach", False)):
        envs = make_envs(run := make_run("panda", task, "dagger", small, 0, "x"))
        model = make_model(run, envs)
        model.learn(3)
        seen, actions = model.shown(64)
        copies, turned = model.copies(seen, actions)
        assert (copies != seen).any() == (turned != actions).any() == copied
        envs.close()
    run = make_run("panda", "reach", "dagger", [*small, "params.symmetric=true"], 0, "x")
    with pytest.raises(ConfigError, match="action_mode joint_velocity: not known how it turns"):
        make_model(run, make_envs(run))


def test_what_never_changes_in_training_is_still_not_taken_for_far_off():
    run = make_run("arm6", "reach", "dagger", ["n_envs=1"], 0, "x")
    envs = make_envs(run)
    seen = {key: rms.mean + 0.003 for key, rms in envs.obs_rms.items()}
    for rms in envs.obs_rms.values():
        rms.var = np.zeros_like(rms.var)
    for normalized in envs.normalize_obs(seen).values():
        np.testing.assert_allclose(normalized, 1.0, rtol=1e-6)
    envs.close()


def test_a_short_training_reaches(tmp_path):
    settings = ["total_steps=4000", "eval_every=4000", "eval_episodes=1", "final_episodes=40"]
    run = make_run("arm6", "reach", "dagger", settings, 0, "short")
    assert train(run, tmp_path / "short").evaluation["success_rate"] >= 0.9
