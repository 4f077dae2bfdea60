import shutil

import pytest

from robot_learning.base.errors import TrainingError
from robot_learning.training import checkpoint as checkpoints
from robot_learning.training.checkpoint import find_checkpoint
from robot_learning.training.model import load_model, make_envs
from robot_learning.training.train import Silent, resume

FILES = ("model.zip", "normalize.pkl", "replay.pkl", "SHA256SUMS")


class Listener(Silent):
    def __init__(self):
        self.warnings = []

    def warn(self, what):
        self.warnings.append(what)


def cut(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def remove(file):
    file.unlink()


@pytest.mark.parametrize("damage", [cut, remove])
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_named_and_the_checkpoint_before_it_is_used(trained, name, damage):
    _, folder = trained("dagger")
    before = (folder / "checkpoint.old/model.zip").read_bytes()
    damage(folder / "checkpoint" / name)
    found, problem = find_checkpoint(folder)
    assert str(folder / "checkpoint") in problem and "before it is used" in problem
    if name != "SHA256SUMS":
        assert name in problem
    assert found == folder / "checkpoint" and (found / "model.zip").read_bytes() == before
    assert find_checkpoint(folder) == (found, "")
    remove(found / name)
    with pytest.raises(TrainingError, match=f"{name}: missing"):
        find_checkpoint(folder)


def test_training_goes_on_from_the_checkpoint_before(trained):
    run, folder = trained("dagger")
    cut(folder / "checkpoint/replay.pkl")
    listener = Listener()
    assert resume(folder, listener).provenance["steps"] >= run.train.total_steps
    problem, done = listener.warnings
    assert "replay.pkl: cut short" in problem
    assert "steps are done" in done


def test_one_that_was_written_but_not_put_in_place_counts(trained):
    _, folder = trained("dagger")
    newest = (folder / "checkpoint/model.zip").read_bytes()
    shutil.move(folder / "checkpoint", folder / "checkpoint.new")
    assert find_checkpoint(folder) == (folder / "checkpoint", "")
    assert (folder / "checkpoint/model.zip").read_bytes() == newest
    # One that was being written does not.
    shutil.copytree(folder / "checkpoint", folder / "checkpoint.new")
    remove(folder / "checkpoint.new/SHA256SUMS")
    assert find_checkpoint(folder) == (folder / "checkpoint", "")


@pytest.mark.parametrize("name", FILES[:3])
def test_what_is_sound_but_can_not_be_read_is_named(trained, name):
    run, folder = trained("dagger")
    cut(folder / "checkpoint" / name)
    with pytest.raises(TrainingError, match=f"{name}: can't be read"):
        load_model(run, make_envs(run), folder / "checkpoint")


def test_without_any_checkpoint(trained):
    _, folder = trained("dagger")
    for name in ("checkpoint", "checkpoint.old"):
        shutil.rmtree(folder / name)
    with pytest.raises(TrainingError, match="no checkpoint to go on from"):
        find_checkpoint(folder)


def test_a_checkpoint_that_can_not_be_written_leaves_the_last_one(trained, monkeypatch):
    run, folder = trained("dagger")
    model = load_model(run, make_envs(run), folder / "checkpoint")

    def full(path):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(model, "save", full)
    with pytest.raises(TrainingError, match=r"checkpoint.new: .* No space left"):
        checkpoints.save_checkpoint(folder, model)
    assert find_checkpoint(folder) == (folder / "checkpoint", "")
    model.env.close()
