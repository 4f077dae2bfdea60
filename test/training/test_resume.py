import os
import shutil
from pathlib import Path

import pytest
import yaml
from helpers.robots import robot_yaml

from robot_learning.base.errors import ConfigError
from robot_learning.training.resolve import change_run, make_run
from robot_learning.training.run import read_config
from robot_learning.training.train import export_run, resume

SETTINGS = ["total_steps=500", "params.learning_starts=100", "net_arch=[16]", "final_episodes=1"]
SETTINGS += ["eval_every=200", "eval_episodes=1", "checkpoint_every=200"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Files of one's own, named as they are from the folder they are in."""
    monkeypatch.chdir(tmp_path)
    robot_yaml(tmp_path)
    (tmp_path / "my_task.yaml").write_text("{task: reach, tolerance: 0.03}")
    (tmp_path / "my_shift.yaml").write_text("{payload: {uniform: [0.0, 0.1]}}")
    return tmp_path


def of_files(*settings):
    shift = "env.shift=my_shift.yaml"
    return make_run("arm.yaml", "my_task.yaml", "dagger", [*SETTINGS, shift, *settings], 1, "x")


def change(file, **values):
    data = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**data, **values}))


def test_paths_mean_the_same_from_any_folder(files, monkeypatch):
    run = of_files()
    for path in (run.robot, run.task, run.train.env.shift):
        assert os.path.isabs(path) and Path(path).parent == files
    (files / "elsewhere").mkdir()
    monkeypatch.chdir(files / "elsewhere")
    for name in ("my_task.yaml", "my_shift.yaml"):
        shutil.copy(files / name, name)
    change(Path("my_shift.yaml"), payload=1.0)
    assert change_run(run, []) == run


def test_what_may_change_does():
    run = make_run("arm6", "reach", "dagger", SETTINGS, 1, "x")
    wanted = ["total_steps=1e3", "learning_rate.end=1e-6", "processes=2", "params.share=0.3"]
    changed = change_run(run, wanted, robot="arm6", task="reach", seed=1)
    assert changed.train.total_steps == 1000 and changed.train.processes == 2
    assert changed.train.learning_rate.end == 1e-6
    assert changed.train.params == run.train.params


@pytest.mark.parametrize(
    "override", ["params.batch_size=7", "env.tolerance=0.1", "net_arch=[8]", "n_envs=2"]
)
def test_what_may_not_change_is_named(override):
    run = make_run("arm6", "reach", "dagger", SETTINGS, 1, "x")
    with pytest.raises(ConfigError, match=f"--set {override.split('=')[0]}"):
        change_run(run, [override])


def test_another_robot_task_or_seed_is_refused(files):
    run = of_files()
    with pytest.raises(ConfigError, match="--seed 2: the run began with 1"):
        change_run(run, [], seed=2)
    with pytest.raises(ConfigError, match="robot 'panda' .* name: arm then, panda now"):
        change_run(run, [], robot="panda")
    with pytest.raises(ConfigError, match="task 'reach' .* tolerance: 0.03 then, None now"):
        change_run(run, [], task="reach")
    (files / "moved").mkdir()
    for name in ("arm.yaml", "arm.urdf"):
        shutil.copy(files / name, files / "moved" / name)
    moved = change_run(run, [], robot="moved/arm.yaml")
    assert moved.robot == str(files / "moved/arm.yaml")


@pytest.mark.parametrize(
    ("file", "values", "named"),
    [
        ("arm.yaml", {"limits": {"default": {"velocity": 0.5, "acceleration": 3.0}}}, "velocity"),
        ("my_task.yaml", {"tolerance": 0.05}, "tolerance: 0.03 then, 0.05 now"),
        ("my_shift.yaml", {"payload": {"uniform": [0.0, 0.5]}}, "payload.uniform"),
    ],
)
def test_files_that_changed_since_are_refused(files, trained, file, values, named):
    _, folder = trained("dagger")
    data = yaml.safe_load((folder / "config.yaml").read_text())
    data |= of_files().model_dump(mode="json", include={"robot", "task", "origin", "train"})
    (folder / "config.yaml").write_text(yaml.safe_dump(data))
    signed = (folder / "bundle/SHA256SUMS").read_bytes()
    change(files / file, **values)
    for verb in (export_run, resume):
        with pytest.raises(ConfigError, match=named):
            verb(folder)
    assert (folder / "bundle/SHA256SUMS").read_bytes() == signed


def test_a_longer_training_goes_on(trained):
    run, folder = trained("dagger")
    rate = "learning_rate={start: 2e-4, end: 1e-4}"
    longer = change_run(run, ["total_steps=320", rate, "processes=2"])
    bundle = resume(folder, run=longer)
    assert bundle.provenance["steps"] == 320 and read_config(folder) == longer
    with pytest.raises(ConfigError, match="total_steps=200: 320 steps are done"):
        resume(folder, run=change_run(longer, ["total_steps=200"]))
