import numpy as np
from gymnasium.wrappers import TimeLimit

from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.training.dagger import Guide
from robot_learning.training.model import make_envs, make_model
from robot_learning.training.resolve import make_run
from robot_learning.training.train import train


def test_the_script_is_asked_in_every_step():
    arm = ArmEnv(robot="arm6")
    env = Guide(TimeLimit(arm, 50), share=0.0)
    env.reset(seed=0)
    for _ in range(5):
        wanted = np.clip(expert_action(arm), -1, 1)
        before = arm.state.q
        info = env.step(np.zeros(6))[4]
        np.testing.assert_array_equal(info["guide"], wanted)
        assert np.abs(arm.state.q - before).max() < 0.01
    env.close()


def test_the_script_acts_in_its_share_of_the_episodes():
    env = Guide(TimeLimit(ArmEnv(robot="arm6"), 50), share=1.0)
    env.reset(seed=0)
    assert any(env.step(np.zeros(6))[4]["is_success"] for _ in range(50))
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
    np.testing.assert_allclose(model.replay_buffer.actions[:10], np.array(asked), atol=1e-6)
    envs.close()


def test_a_short_training_reaches(tmp_path):
    settings = ["total_steps=4000", "eval_every=4000", "eval_episodes=1", "final_episodes=40"]
    run = make_run("arm6", "reach", "dagger", settings, 0, "short")
    assert train(run, tmp_path / "short").evaluation["success_rate"] >= 0.9
