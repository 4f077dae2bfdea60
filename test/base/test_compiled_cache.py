import subprocess
import sys
from pathlib import Path

import pytest
from helpers.processes import environment

CODE = """
from robot_learning.base.compiled import compiled

@compiled
def twice(x):
    return 2 * x

@compiled
def thrice(x):
    return 3 * x

print(twice(2) + thrice(2))
"""


@pytest.fixture
def run(tmp_path):
    module = tmp_path / "numbers_.py"
    module.write_text(CODE)

    def run(cache):
        env = environment(XDG_CACHE_HOME=str(cache))
        done = subprocess.run([sys.executable, module], capture_output=True, text=True, env=env)
        assert done.stdout == "10\n", done.stderr
        return done.stderr

    return run


def test_a_first_start_says_once_that_it_compiles_and_a_second_has_nothing_to_say(run, tmp_path):
    assert run(tmp_path / "cache").count("Compiling") == 1
    assert run(tmp_path / "cache") == ""


def test_where_nothing_can_be_kept_nothing_is_written_beside_the_sources(run, tmp_path):
    no_folder = tmp_path / "file"
    no_folder.touch()
    for _ in range(2):
        assert "not kept" in run(no_folder)
    assert not list(Path(tmp_path).rglob("*.nb*"))
