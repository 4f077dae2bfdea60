import re
from typing import Literal

import pytest
from pydantic import PositiveFloat

from robot_learning.base import settings
from robot_learning.base.errors import ConfigError
from robot_learning.base.settings import FOLDERS, Section
from robot_learning.robot.spec import find_robot
from robot_learning.tasks import load_task
from robot_learning.training.config import load_config
from robot_learning.training.run import read_config
from robot_learning.worlds.variation import load_grid, load_shifts


def load_run(file):
    file.rename(file.with_name("config.yaml"))
    return read_config(file.parent)


def load_robot(file):
    from robot_learning.robot import RobotSpec

    return RobotSpec.load(file)


# Every function that reads a YAML file of a user.
LOADERS = [load_robot, load_task, load_config, load_shifts, load_grid, load_run]


class Motor(Section):
    torque: PositiveFloat
    mode: Literal["slow", "fast"] = "slow"


class Machine(Section):
    motors: dict[str, Motor]
    spare: Motor | None = None


@pytest.mark.parametrize("load", LOADERS)
@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"a: 1\nb: [1, 2\nc: 3\n", "not valid YAML: line 3"),
        (b"a: 1\n\tb: 2\n", "not valid YAML: line 2"),
        (b"a: 1\nb: \xff\xfe\n", "line 2: not UTF-8"),
        (b"a: 1\nb: \x00\n", "not valid YAML"),
        (b"a: 1\nb: 2\na: 3\n", "line 3: 'a' is given twice"),
        (b"a: 2020-13-45\n", "not valid YAML: month"),
        (b"[" * 5000, "not valid YAML"),
        (b"a: *b\n", "not valid YAML: line 1"),
        (b"a: !!python/object/apply:os.getcwd []\n", "not valid YAML: line 1"),
        (b"5", "expected keys and values"),
        (b"", "expected keys and values"),
    ],
)
def test_what_is_no_yaml_is_one_line_with_file_and_line(tmp_path, load, content, named):
    file = tmp_path / "config.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=re.escape(str(file))) as error:
        load(file)
    assert named in str(error.value) and len(str(error.value).splitlines()) == 1


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    file = tmp_path / "config.yaml"
    file.symlink_to("/proc/self/mem")  # not even root reads its first byte
    with pytest.raises(ConfigError, match="config.yaml: can't be read"):
        settings.parse(file)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("motors: {m: {torqe: 1}}", "motors.m.torqe: unknown key; did you mean 'torque'?"),
        ("motors: {}\ncolour: red", "colour: unknown key; expected motors, spare"),
        ("motors: {m: {}}", "motors.m.torque: missing"),
        ("motors: {m: 5}", "motors.m: expected keys and values, not 5"),
        ("motors: {m: {torque: -1}}", "motors.m.torque: expected greater than 0, not -1"),
        (
            "motors: {m: {torque: 1, mode: quick}}",
            "motors.m.mode: expected 'slow' or 'fast', not 'quick'",
        ),
        ("spare: {torque: 1}\n", "motors: missing"),
        (
            "motors: {m: {torque: 0}}\nspare: {a: 1}",
            "motors.m.torque: expected greater than 0, not 0; "
            "spare.a: unknown key; expected torque, mode",
        ),
    ],
)
def test_an_error_names_the_field_and_the_way_out(tmp_path, text, line):
    file = tmp_path / "machine.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        settings.read(Machine, file)
    assert str(error.value) == f"{file}: {line}"


def test_files_are_utf8_whatever_the_locale_and_may_begin_with_a_mark(tmp_path):
    file = tmp_path / "machine.yaml"
    file.write_bytes("\ufeffmotors: {größe: {torque: 1}}".encode())
    assert list(settings.read(Machine, file).motors) == ["größe"]


@pytest.mark.parametrize("text", ["1e-3", "1E-3", ".1e-2", "1.e-3", "+1e-3"])
def test_numbers_are_numbers_without_a_point_too(text):
    assert settings.parse_text(f"a: {text}", "here") == {"a": 1e-3}
    assert settings.parse_text("a: e5", "here") == {"a": "e5"}


def test_a_merged_mapping_may_be_changed():
    text = "base: &base {a: 1, b: 2}\nown: {<<: *base, a: 3}"
    assert settings.parse_text(text, "here")["own"] == {"a": 3, "b": 2}


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_name_that_is_near_a_shipped_one_is_asked_for(kind):
    name = settings.shipped(kind)[0]
    with pytest.raises(ConfigError, match=f"'{name}s'.*did you mean '{name}'"):
        settings.find(kind, name + "s")
    with pytest.raises(ConfigError, match=", ".join(settings.shipped(kind))):
        settings.find(kind, "zzzz")


def test_a_path_is_absolute_and_comes_before_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "panda").mkdir()
    assert settings.find("robot", "panda") == find_robot("panda")
    (tmp_path / "own.yaml").touch()
    assert settings.find("robot", "own.yaml") == tmp_path / "own.yaml"
