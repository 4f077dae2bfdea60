import shutil
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from robot_learning.base.errors import DatasetError
from robot_learning.base.paths import config_dir
from robot_learning.demonstrations import Dataset, observations
from robot_learning.demonstrations.record import Choice, Recorder
from robot_learning.envs import ArmEnv
from robot_learning.envs.interfaces import task_interface
from robot_learning.experts.expert import expert_action
from robot_learning.robot import RobotSpec
from robot_learning.tasks.settings import resolved


def settings(env):
    return resolved(env.task_settings, env.task)


def recorded(env, seed, steps, act=expert_action):
    """Return an episode and what the environment showed meanwhile."""
    recorder = Recorder(env, "bullet")
    recorder.reset(seed)
    seen = [env.flat_observation]
    for step in range(steps):
        recorder.step(Choice(None if step == 3 else act(env), "expert"))
        seen.append(env.flat_observation)
    return recorder.finish("expert", "time"), np.array(seen)


@pytest.mark.parametrize("every", [1, 2])
def test_observations_are_those_of_the_environment_bit_for_bit(tmp_path, every):
    text = (config_dir() / "robots/panda.yaml").read_text()
    robot = tmp_path / "panda.yaml"
    robot.write_text(text.replace("policy_every: 1", f"policy_every: {every}"))
    env = ArmEnv(robot, "pick_and_place")
    episode, seen = recorded(env, 5, 25)
    dataset = Dataset.make(tmp_path / "d", env.robot, settings(env), env.interface)
    dataset.add(episode)
    kept = next(iter(Dataset.open(tmp_path / "d")))
    np.testing.assert_array_equal(observations(kept, env.interface, env.model), seen)
    blind = task_interface(env.task, env.robot, env.interface.action_mode, goal_terms=False)
    other = ArmEnv(robot, "pick_and_place", goal_terms=False)
    other.reset(seed=5)
    shown = [other.flat_observation]
    for action in kept.actions:
        other.step(None if np.isnan(action).any() else action)
        shown.append(other.flat_observation)
    np.testing.assert_array_equal(observations(kept, blind, env.model), np.array(shown))


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """A dataset of one short episode of arm6 that does not succeed, and its environment."""
    env = ArmEnv("arm6", "push")
    dataset = Dataset.make(
        tmp_path_factory.mktemp("short") / "d", env.robot, settings(env), env.interface
    )
    dataset.add(recorded(env, 1, 6)[0])
    return dataset, env


@pytest.mark.parametrize(
    "key, other",
    [
        ("interface.action_mode", {"action_mode": "tip_displacement"}),
        ("interface.control_period", {"control_period": 0.02}),
        ("interface.policy_every", {"policy_every": 3}),
    ],
)
def test_another_way_to_act_is_refused(short, key, other):
    dataset, env = short
    with pytest.raises(DatasetError, match=f"{dataset.folder}: {key}: "):
        Dataset.make(dataset.folder, env.robot, settings(env), replace(env.interface, **other))


def test_another_task_or_robot_is_refused(short):
    dataset, env = short
    with pytest.raises(DatasetError, match="task.task: push in the dataset, not slide"):
        Dataset.make(dataset.folder, env.robot, {**settings(env), "task": "slide"}, env.interface)
    with pytest.raises(DatasetError, match="robot: recorded with arm6, not iiwa"):
        dataset.check(RobotSpec.load("iiwa"), settings(env), env.interface)
    slower = replace(env.robot, jerk=env.robot.jerk / 2)
    with pytest.raises(DatasetError, match=f"{dataset.folder}: jerk: .* in the dataset, "):
        dataset.check(slower, settings(env), env.interface)


def test_an_episode_that_is_cut_or_foreign_is_named_and_the_others_stay(short, tmp_path):
    copy = shutil.copytree(short[0].folder, tmp_path / "d")
    dataset = Dataset.open(copy)
    whole = dataset.files[0].read_bytes()
    cut = dataset.folder / "episodes/episode_000001.parquet"
    cut.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DatasetError, match=f"{cut}: cut short or no Parquet file"):
        dataset.episode(1)
    assert dataset.episode(0).steps == 6
    pq.write_table(pq.read_table(dataset.files[0]).replace_schema_metadata(None), cut)
    with pytest.raises(DatasetError, match=f"{cut}: no episode of robot_learning"):
        dataset.episode(1)
    pq.write_table(pq.read_table(dataset.files[0]).drop_columns(["action"]), cut)
    with pytest.raises(DatasetError, match=f"{cut}: column 'action': missing"):
        dataset.episode(1)
    (copy / "dataset.json").write_text('{"format": 1}')
    with pytest.raises(DatasetError, match=r"dataset.json: robot: missing"):
        Dataset.open(copy)


def test_a_folder_without_a_dataset_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="dataset.json: No such file"):
        Dataset.open(tmp_path)
    (tmp_path / "thesis.tex").touch()
    env = ArmEnv("arm6")
    with pytest.raises(DatasetError, match="holds something, but no dataset.json"):
        Dataset.make(tmp_path, env.robot, settings(env), env.interface)
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_dataset_in_which_no_episode_succeeds_has_no_successes(short):
    with pytest.raises(DatasetError, match="none of 1 episodes succeeds"):
        short[0].successes()


def test_a_term_whose_input_was_not_recorded_is_named(short):
    dataset, env = short
    blind = replace(env.interface, observed=("second_offset",))
    with pytest.raises(DatasetError, match="'second_offset': no input 'second'; .* goal, object"):
        observations(dataset.episode(0), blind, env.model)


@pytest.mark.parametrize("world", ["bullet", "mujoco"])
def test_an_episode_goes_on_from_where_it_was(world):
    env = ArmEnv("panda", "pick_and_place", world=world)
    recorder = Recorder(env, world)
    recorder.reset(3)
    for _ in range(45):
        recorder.step(Choice(expert_action(env), "expert"))
    episode = recorder.finish("expert", "time")
    carried = next(row for row in range(45) if episode.columns["input.object"][row][2] > 0.06)
    env.reset(seed=0, options={"start": episode.start_at(carried), "goals": episode.goals_from()})
    for name in ("object", "goal"):
        was = episode.columns[f"input.{name}"][carried]
        np.testing.assert_allclose(env.inputs[name].value, was, atol=1e-3)
    scene = env.world.scene()
    np.testing.assert_allclose(
        scene.bodies["object"], episode.columns["body.object"][carried], atol=1e-6
    )
    for _ in range(10):
        env.step(None)
    # It is still held; let go, it would be on the floor.
    assert env.inputs["object"].value[2] > 0.05
