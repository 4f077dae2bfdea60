import threading

import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.base.folders import owned
from robot_learning.training.run import cleared, new_folder, read_config, read_curve
from robot_learning.training.train import train


def test_runs_without_a_name_that_begin_at_once_get_a_folder_each(tmp_path):
    together, found = threading.Barrier(8), []

    def begin():
        together.wait()
        found.append(new_folder(tmp_path / "runs", "", "reach"))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 8


def test_a_name_is_taken_once(tmp_path):
    new_folder(tmp_path, "mine", "reach")
    with pytest.raises(ConfigError, match="mine: there is a run already; --resume"):
        new_folder(tmp_path, "mine", "reach")


def test_runs_in_a_file_are_refused(tmp_path):
    (tmp_path / "runs").write_text("")
    for name in ("", "mine"):
        with pytest.raises(ConfigError, match="Not a directory; --runs: .* not .*runs"):
            new_folder(tmp_path / "runs", name, "reach")


def test_two_processes_never_work_in_one_folder(tmp_path, trained):
    _, folder = trained()
    with owned(folder):
        with pytest.raises(ConfigError, match="another process is at work"), owned(folder):
            pass
        with pytest.raises(ConfigError, match="another process is at work"):
            cleared(folder)
    cleared(folder)
    assert not folder.exists()


def test_what_is_no_run_is_not_replaced(tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(ConfigError, match="no run, so it is not replaced"):
        cleared(tmp_path)
    cleared(tmp_path / "new")


def test_a_run_that_can_not_begin_leaves_no_folder(tiny):
    run, folder = tiny("sac", "params.patience=3")
    with pytest.raises(ConfigError, match="params.patience: unknown key"):
        train(run, folder)
    assert not folder.exists()


def test_a_run_is_not_trained_over(trained):
    run, folder = trained()
    with pytest.raises(ConfigError, match="there is a run already"):
        train(run, folder)


def test_damaged_files_are_named(trained):
    _, folder = trained()
    (folder / "curve.csv").write_bytes(b"steps,seconds\n12,x")
    with pytest.raises(ConfigError, match=r"curve.csv: damaged"):
        read_curve(folder)
    text = (folder / "config.yaml").read_text()
    (folder / "config.yaml").write_text(text[: len(text) // 2])
    with pytest.raises(ConfigError, match=r"config.yaml: "):
        read_config(folder)
    (folder / "config.yaml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match=r"config.yaml: line 1: not UTF-8"):
        read_config(folder)
