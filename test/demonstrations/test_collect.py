import os
import signal
from pathlib import Path

import pytest

from robot_learning.base.errors import ConfigError, StateError
from robot_learning.cli.acting import Scripted
from robot_learning.cli.main import app
from robot_learning.demonstrations import Dataset
from robot_learning.demonstrations.collect import Tally, collect
from robot_learning.demonstrations.record import Recorder
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.tasks.settings import resolved


@pytest.fixture(scope="module")
def env():
    return ArmEnv("arm6", "reach")


@pytest.fixture
def dataset(env, tmp_path):
    told = resolved(env.task_settings, env.task)
    return Dataset.make(tmp_path / "d", env.robot, told, env.interface)


def run(dataset, env, choose, episodes=2, failures=False, human=False):
    tally = Tally()
    actor = Scripted("expert", choose, human)
    recorder = Recorder(env, "bullet")
    try:
        collect(dataset, recorder, actor, episodes, 0, failures=failures, tally=tally)
    finally:
        run.tally = tally
    return tally


def test_successes_alone_are_kept_unless_failures_are_wanted(dataset, env):
    def every_other(env):
        return None if recorded[0] // env.task.steps % 2 == 0 else expert_action(env)

    recorded = [-1]

    def act(env):
        recorded[0] += 1
        return every_other(env)

    tally = run(dataset, env, act)
    assert (tally.tried, tally.kept, tally.succeeded) == (4, 2, 2)
    assert [episode.about.seed for episode in dataset] == [1, 3] and dataset.next_seed() == 4
    recorded[0] = -1
    tally = run(dataset, env, act, failures=True)
    assert (tally.tried, tally.kept, tally.succeeded) == (2, 2, 1)
    assert len(dataset) == 4 and len(dataset.successes()) == 3


def test_nothing_but_failures_ends_it(dataset, env):
    with pytest.raises(ConfigError, match="20 episodes in a row failed; --failures keeps them"):
        run(dataset, env, lambda env: None)
    assert not len(dataset)


@pytest.mark.parametrize(
    ("stop", "ended"), [(KeyboardInterrupt, "interrupted"), (StateError("no state"), "no state")]
)
def test_what_a_human_recorded_is_kept_when_it_breaks_off(dataset, env, stop, ended):
    steps = [0]

    def act(env):
        steps[0] += 1
        if steps[0] == 8:
            raise stop
        return expert_action(env)

    with pytest.raises(type(stop) if isinstance(stop, Exception) else stop):
        run(dataset, env, act, failures=True, human=True)
    episode = dataset.episode(0)
    assert (episode.steps, episode.about.ended, run.tally.kept) == (7, ended, 1)


def test_ctrl_c_within_a_step_waits_for_its_end(dataset, env, monkeypatch):
    whole = env.step

    def step(action):
        os.kill(os.getpid(), signal.SIGINT)
        return whole(action)

    monkeypatch.setattr(env, "step", step)
    with pytest.raises(KeyboardInterrupt):
        run(dataset, env, expert_action, failures=True, human=True)
    episode = dataset.episode(0)
    assert episode.steps == 1 and episode.columns["stamp"][1] == pytest.approx(0.04)


def test_a_human_is_done_once_it_has_succeeded_for_a_while(dataset, env):
    run(dataset, env, expert_action, episodes=1, human=True)
    episode = dataset.episode(0)
    assert episode.about.ended == "success" and episode.steps < env.task.steps
    assert episode.columns["is_success"][-13:-1].all()


def test_record_adds_to_a_dataset_that_fits(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["record", "--robot", "arm6", "--episodes", "2", "--task"]
    for _ in range(2):
        app([*words, "reach"], standalone_mode=False)
    dataset = Dataset.open(Path("runs/demos-reach-arm6"))
    assert [episode.about.seed for episode in dataset] == [0, 1, 2, 3]
    assert "4 of 4" in capsys.readouterr().out
    with pytest.raises(Exception, match="task.task: reach in the dataset, not reach_pose"):
        app([*words, "reach_pose", "--out", str(dataset.folder)], standalone_mode=False)
    app(["data", "info", str(dataset.folder)], standalone_mode=False)
    assert "0 to 3" in capsys.readouterr().out
