import numpy as np
import pytest

from robot_learning.base.errors import ConfigError, DatasetError
from robot_learning.demonstrations import Dataset
from robot_learning.demonstrations.record import Choice, Recorder
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.tasks.settings import resolved
from robot_learning.training.cloning import Demonstrations
from robot_learning.training.model import load_model, make_envs, make_model
from robot_learning.training.resolve import make_run
from robot_learning.training.symmetry import MOVED, Symmetry
from robot_learning.training.train import train

SMALL = ["total_steps=4", "net_arch=[16]", "eval_every=4", "eval_episodes=1", "final_episodes=1"]


@pytest.fixture(scope="module")
def pushed(tmp_path_factory):
    """A dataset of one push that succeeds and one that was given up, and its environment."""
    env = ArmEnv("panda", "push")
    settings = resolved(env.task_settings, env.task)
    folder = tmp_path_factory.mktemp("pushed") / "d"
    dataset = Dataset.make(folder, env.robot, settings, env.interface)
    for seed, steps in ((0, env.task.steps), (1, 5)):
        recorder = Recorder(env, "bullet")
        recorder.reset(seed)
        for _ in range(steps):
            recorder.step(Choice(expert_action(env), "expert"))
        dataset.add(recorder.finish("expert", "time"))
    yield folder, env
    env.close()


def cloning(folder, *overrides, task="push", robot="panda"):
    return make_run(robot, task, "bc", [*SMALL, *overrides], 0, "x", folder)


def test_only_episodes_that_succeed_are_imitated(pushed):
    folder, env = pushed
    shown = Demonstrations(folder, env)
    assert len(shown.seen) == len(shown.actions) == env.task.steps
    assert Dataset.open(folder).episode(1).about.success is False


def test_a_copy_is_what_the_turned_scene_would_show(pushed):
    """The terms that are made of others still are, and the tip goes the way that it was shown."""
    folder, env = pushed
    shown = Demonstrations(folder, env)
    symmetry = Symmetry(env.interface)
    seen, actions = symmetry.copies(
        shown.seen, shown.actions, symmetry.middle(shown.seen), np.random.default_rng(0)
    )
    term = {
        name: seen[:, part].astype(float) for name, part in env.interface.term_slices().items()
    }
    way = term["goal_position"] - term["object_position"]
    np.testing.assert_allclose(term["object_way"], way, atol=1e-6)
    offset = term["object_position"] - term["tip_position"]
    np.testing.assert_allclose(term["object_offset"], offset, atol=1e-6)
    line, flat = term["object_line"], np.linalg.norm(way[:, :2], axis=1)
    far = flat > 0.01
    np.testing.assert_allclose(line[far, :2], (way[:, :2] / flat[:, None])[far], atol=1e-4)
    np.testing.assert_allclose(line[:, 2:3] * line[:, :2] + line[:, 3:], -offset[:, :2], atol=1e-5)
    towards = (
        shown.actions[:, :2] * shown.seen[:, env.interface.term_slices()["object_way"]][:, :2]
    ).sum(1)
    np.testing.assert_allclose((actions[:, :2] * way[:, :2]).sum(1), towards, atol=1e-5)
    before = shown.seen[:, env.interface.term_slices()["tip_position"]]
    np.testing.assert_allclose(term["tip_position"][:, 2], before[:, 2])
    apart = np.linalg.norm(term["tip_position"][:, :2] - before[:, :2], axis=1)
    assert apart.max() > MOVED


def test_what_does_not_turn_with_the_scene_is_named():
    env = ArmEnv("panda", "reach")
    assert Symmetry.lacking(env.interface) == "action_mode joint_velocity"
    tip = ArmEnv("panda", "reach", action_mode="tip_displacement")
    assert "joint_position" in Symmetry.lacking(tip.interface)


def test_a_run_learns_from_demonstrations_alone_and_its_bundle_has_their_scales(pushed, tmp_path):
    bundle = train(cloning(pushed[0]), tmp_path / "run")
    assert bundle.provenance["algorithm"] == "bc"


def test_a_resumed_run_goes_on_with_the_same_demonstrations(pushed, tmp_path):
    run = cloning(pushed[0])
    train(run, tmp_path / "run")
    model = load_model(run, make_envs(run), tmp_path / "run" / "checkpoint")
    fresh = make_model(run, make_envs(run))
    mean = fresh.env.obs_rms["observation"].mean
    assert not model.env.training
    np.testing.assert_array_equal(model.env.obs_rms["observation"].mean, mean)
    shown, again = (found._shown.seen for found in (fresh, model))
    np.testing.assert_array_equal(shown, again)


def test_demonstrations_of_something_else_are_refused(pushed):
    run = cloning(pushed[0], task="slide")
    with pytest.raises(DatasetError, match="task.task: push in the dataset, not slide"):
        make_model(run, make_envs(run))
    run = cloning(pushed[0], "env.action_mode=joint_velocity")
    with pytest.raises(DatasetError, match="interface.action_mode: tool_down"):
        make_model(run, make_envs(run))


def test_demonstrations_go_with_bc():
    with pytest.raises(ConfigError, match="demos: bc imitates demonstrations; give --demos"):
        make_run("panda", "push", "bc", [], 0, "x")
    with pytest.raises(ConfigError, match="demos: sac learns from none"):
        make_run("panda", "push", "sac", ["demos=d"], 0, "x")
