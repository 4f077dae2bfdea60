import re

import pytest

from robot_learning.base.errors import ConfigError, DatasetError
from robot_learning.cli.main import app
from robot_learning.demonstrations import Dataset
from robot_learning.demonstrations.replay import replay
from robot_learning.envs import ArmEnv


def run(*words):
    return app([*map(str, words)], standalone_mode=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two short episodes of Push that fail, and one of a goal that moves."""
    folder = tmp_path_factory.mktemp("data")
    push = ("record", "--robot", "arm6", "--task", "push", "--out", folder / "push")
    run(*push, "--episodes", 2, "--steps", 8, "--failures")
    track = ("record", "--robot", "arm6", "--task", "track_trajectory", "--out", folder / "track")
    run(*track, "--episodes", 1, "--steps", 30)
    return folder


@pytest.mark.parametrize("name", ["push", "track"])
def test_a_replay_in_the_same_engine_is_the_episode(folder, name):
    dataset = Dataset.open(folder / name)
    task = dataset.manifest.task["task"]
    env = ArmEnv("arm6", task, interface=dataset.interface)
    for episode in dataset:
        found = replay(env, episode)
        assert found.success == episode.about.success
        assert found.joints == found.objects == 0.0


def test_replay_says_what_came_of_it(folder, capsys):
    run("data", "replay", folder / "push", "--world", "mujoco", "--episode", 1)
    said = capsys.readouterr().out
    assert re.search("world .* mujoco", said) and "0 of 1" in said
    off = re.search(r"joints off by at most *. ([\d.e-]+) rad", said)
    assert 1e-5 < float(off[1]) < 0.1


def test_a_page_shows_an_episode(folder):
    run("data", "show", folder / "push", "--episode", 1)
    page = (folder / "push/episode_1.html").read_text()
    assert page.count("data:image/png") == 3 and page.count("data:video/mp4") == 1
    assert "expert 8" in page and "src='http" not in page


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (
            ("record", "--source", "teleop", "--world", "mujoco"),
            ConfigError,
            "on ros; start a sim",
        ),
        (("record", "--source", "panda-push", "--task", "push"), ConfigError, "a bundle has its"),
        (("record", "--corrections"), ConfigError, "needs a policy to correct"),
        (("record", "--namespace", "left"), ConfigError, "need --world ros"),
        (("record", "--source", "teleop", "--axes", "1,x"), ConfigError, "--axes 1,x: expected 3"),
        (("data", "replay", "{push}", "--robot", "panda"), DatasetError, "arm6, not panda"),
        (("data", "replay", "{push}", "--world", "ros"), ConfigError, "can't be put back exactly"),
        (("data", "show", "{push}", "--episode", "9"), DatasetError, "there are 0 to 1"),
        (("data", "info", "nowhere"), DatasetError, "nowhere/dataset.json: No such file"),
        (("data", "import", "{push}", "{push}"), DatasetError, "expected the folder of a LeRobot"),
    ],
)
def test_a_mistake_is_named(folder, words, error, said):
    with pytest.raises(error, match=said):
        run(*(word.format(push=folder / "push") for word in words))


def test_a_dataset_knows_no_terms_that_are_not_there(folder, tmp_path):
    file = folder / "push/dataset.json"
    copy = tmp_path / "d"
    copy.mkdir()
    text = file.read_text().replace('"object_velocity"', '"object_colour"')
    (copy / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match="dataset.json: observation term 'object_colour': exp"):
        Dataset.open(copy)


def test_nothing_is_put_into_a_folder_of_something_else(folder, tmp_path):
    (tmp_path / "thesis.tex").touch()
    for words in (
        ("record", "--robot", "arm6", "--out", tmp_path),
        ("data", "import", folder / "lerobot", tmp_path),
    ):
        if words[0] == "data":
            run("data", "export", folder / "push", folder / "lerobot")
        with pytest.raises(DatasetError, match="holds something, but no dataset.json"):
            run(*words)
    assert [item.name for item in tmp_path.iterdir()] == ["thesis.tex"]
