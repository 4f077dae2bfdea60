import json
import shutil

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from robot_learning.base.errors import DatasetError
from robot_learning.cli.data import _meaning
from robot_learning.cli.main import app
from robot_learning.demonstrations import Dataset
from robot_learning.demonstrations.lerobot import export
from robot_learning.demonstrations.lerobot_import import read
from robot_learning.demonstrations.record import Choice, Recorder
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.tasks.settings import resolved

# What lerobot 0.4.4 writes and reads: lerobot/datasets/utils.py.
DEFAULT = {"timestamp", "frame_index", "episode_index", "index", "task_index"}
EPISODES = {
    "episode_index",
    "tasks",
    "length",
    "data/chunk_index",
    "data/file_index",
    "dataset_from_index",
    "dataset_to_index",
    "meta/episodes/chunk_index",
    "meta/episodes/file_index",
}
STATS = {"min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99"}
STEPS = (7, 5)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    env = ArmEnv("panda", "pick_and_place")
    folder = tmp_path_factory.mktemp("own") / "d"
    told = resolved(env.task_settings, env.task)
    made = Dataset.make(folder, env.robot, told, env.interface)
    recorder = Recorder(env, "bullet")
    for seed, steps in enumerate(STEPS):
        recorder.reset(seed)
        for step in range(steps):
            action = None if step == 2 else expert_action(env)
            recorder.step(Choice(action, "policy", intervention=step == 1))
        made.add(recorder.finish("policy", "time"))
    env.close()
    return made


@pytest.fixture(scope="module")
def exported(dataset, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "lerobot"
    assert export(dataset, folder) == sum(STEPS)
    return folder


@pytest.fixture
def foreign(exported, tmp_path):
    """The same as somebody else would have written it."""
    folder = shutil.copytree(exported, tmp_path / "foreign")
    (folder / "meta/robot_learning.json").unlink()
    info = json.loads((folder / "meta/info.json").read_text())
    file = folder / "data/chunk-000/file-000.parquet"
    own = [name for name in info["features"] if name.startswith("robot_learning")]
    pq.write_table(pq.read_table(file).drop_columns(own), file)
    for name in own:
        del info["features"][name]
    (folder / "meta/info.json").write_text(json.dumps(info))
    return folder


def arrow_type(feature):
    """Return what lerobot's get_hf_features_from_features makes of a feature."""
    kind = {"float32": pa.float32(), "float64": pa.float64(), "int64": pa.int64()}
    kind |= {"bool": pa.bool_(), "string": pa.string()}
    (size,) = feature["shape"]
    scalar = kind[feature["dtype"]]
    return scalar if size == 1 else pa.list_(scalar, size)


def test_an_export_is_what_lerobot_reads(exported):
    info = json.loads((exported / "meta/info.json").read_text())
    assert info["codebase_version"] == "v3.0" and info["fps"] == 25
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (2, 12, 1)
    assert set(info["features"]) >= DEFAULT and not any("/" in name for name in info["features"])
    file = info["data_path"].format(chunk_index=0, file_index=0)
    data = pq.read_table(exported / file)
    assert {name: arrow_type(ft) for name, ft in info["features"].items()} == {
        field.name: field.type for field in data.schema
    }
    for feature in info["features"].values():
        assert feature["names"] is None or len(feature["names"]) == feature["shape"][0]
    np.testing.assert_array_equal(data["index"], np.arange(12))
    np.testing.assert_allclose(data["timestamp"], data["frame_index"].to_numpy() / 25, atol=1e-6)
    tasks = pd.read_parquet(exported / "meta/tasks.parquet")
    assert tasks.iloc[0].name == "pick and place" and tasks.loc["pick and place"].task_index == 0


def test_an_export_says_where_each_episode_is(exported):
    episodes = pq.read_table(exported / "meta/episodes/chunk-000/file-000.parquet").to_pylist()
    stats = json.loads((exported / "meta/stats.json").read_text())
    data = pq.read_table(exported / "data/chunk-000/file-000.parquet")
    for number, (row, length) in enumerate(zip(episodes, STEPS, strict=True)):
        assert set(row) >= EPISODES and row["length"] == length
        part = data.slice(row["dataset_from_index"], length)
        assert set(part["episode_index"].to_pylist()) == {number}
        state = np.array(part["observation.state"].to_pylist())
        np.testing.assert_allclose(row["stats/observation.state/mean"], state.mean(axis=0))
    assert all(set(each) == STATS for each in stats.values())
    assert {name for name in stats if "robot_learning" in name} == set()
    # Where nothing was sent, a policy is shown rest.
    assert data["action"][2].as_py()[:3] == [0.0, 0.0, 0.0]


def test_nothing_is_lost_on_the_way_back(dataset, exported, tmp_path):
    app(["data", "import", str(exported), str(tmp_path / "back")], standalone_mode=False)
    back = Dataset.open(tmp_path / "back")
    assert back.manifest == dataset.manifest and len(back) == len(dataset)
    for own, other in zip(dataset, back, strict=True):
        assert own.about == other.about
        assert set(own.columns) == set(other.columns)
        for name, column in own.columns.items():
            np.testing.assert_array_equal(other.columns[name], column)


def test_a_dataset_of_others_is_read_by_its_names(dataset, foreign):
    meaning = _meaning("panda", "pick_and_place")
    _, episodes = read(foreign, meaning)
    for own, other in zip(dataset, episodes, strict=True):
        assert other.steps == own.steps
        np.testing.assert_allclose(other.columns["q"][:-1], own.columns["q"][:-1], atol=1e-6)
        np.testing.assert_allclose(
            other.inputs(1)["object"].value, own.inputs(1)["object"].value, atol=1e-6
        )
        np.testing.assert_array_equal(
            other.columns["intervention"][:-1], own.columns["intervention"][:-1]
        )
    with pytest.raises(DatasetError, match="not exported by robot_learning; .* --robot, --task"):
        read(foreign, None)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("fps", 30, "fps: 30, but the robot decides 25 times a second"),
        ("codebase_version", "v2.1", "codebase_version: v2.1, expected v3.0"),
        ("total_frames", 40, "12 frames, but meta/info.json says 40; files are missing"),
    ],
)
def test_what_does_not_fit_in_a_dataset_of_others_is_named(foreign, key, value, said):
    file = foreign / "meta/info.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), key: value}))
    with pytest.raises(DatasetError, match=said):
        read(foreign, _meaning("panda", "pick_and_place"))


@pytest.mark.parametrize(
    ("robot", "task", "said"),
    [
        ("panda", "stack", "environment_state.names: nothing of .*second"),
        ("arm6", "reach", r"observation.state.names: .*panda_joint1.*, expected \['"),
    ],
)
def test_other_joints_and_inputs_are_named(foreign, robot, task, said):
    with pytest.raises(DatasetError, match=said):
        read(foreign, _meaning(robot, task))


def test_a_cut_or_lacking_file_is_named(foreign, tmp_path):
    file = foreign / "data/chunk-000/file-000.parquet"
    meaning = _meaning("panda", "pick_and_place")
    whole = file.read_bytes()
    pq.write_table(pq.read_table(file).drop_columns(["action"]), file)
    with pytest.raises(DatasetError, match=f"{file}: column 'action': missing"):
        read(foreign, meaning)
    file.write_bytes(whole[:-100])
    with pytest.raises(DatasetError, match=f"{file}: cut short or no Parquet file"):
        read(foreign, meaning)
    with pytest.raises(DatasetError, match=r"info.json: No such file.*; expected the folder"):
        read(tmp_path, None)


def test_an_export_replaces_nothing(dataset, exported):
    with pytest.raises(DatasetError, match="holds something already; take another folder"):
        export(dataset, exported)
