from types import SimpleNamespace

import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.nodes.launching import (
    ARGUMENTS,
    DEPLOY,
    SHARED,
    arm_of,
    refuse_death,
    refuse_missing,
    refuse_unknown,
    whole,
)

RUNNING, ENDING = SimpleNamespace(is_shutdown=False), SimpleNamespace(is_shutdown=True)
FILE = "/opt/ros/share/robot_learning/launch/sim.launch.py"


def event(code):
    return SimpleNamespace(process_name="sim_node-1", returncode=code)


@pytest.mark.parametrize("code", [1, -9])
def test_a_process_that_died_ends_the_launch(code):
    with pytest.raises(RuntimeError, match=f"sim_node-1 died with exit code {code}"):
        refuse_death(event(code), RUNNING)


def test_a_process_that_ended_well_or_was_told_to_end_does_not():
    refuse_death(event(0), RUNNING)
    refuse_death(event(-2), ENDING)


def test_the_values_that_arguments_have_by_themselves_are_usable():
    words = {name: ARGUMENTS[name].default or "" for name in (*DEPLOY, *SHARED)}
    arm = arm_of(words)
    assert arm.simulated and not arm.gui and not arm.use_sim_time and not arm.controller
    assert not arm.view and (arm.task, arm.seed, arm.shift) == ("", 0, "")
    words |= {"hardware": "real", "use_sim_time": "True", "namespace": "/left/", "view": "true"}
    words |= {"task": "push", "seed": "7", "shift": "mild"}
    words |= {"remap": "policy_node/objects/object:=/tracker/cube, a:=b"}
    arm = arm_of(words)
    assert arm.remaps == {"policy_node/objects/object": "/tracker/cube", "a": "b"}
    assert (arm.task, arm.seed, arm.shift) == ("push", 7, "mild")
    assert not arm.simulated and arm.use_sim_time and arm.namespace == "left" and arm.view


@pytest.mark.parametrize("text", ["a", "a:=", ":=b", "a:=b,c"])
def test_a_remapping_that_is_none_is_refused(text):
    words = {name: ARGUMENTS[name].default or "" for name in (*DEPLOY, *SHARED)}
    with pytest.raises(ConfigError, match="remap:=.*: expected NAME:=OTHER"):
        arm_of({**words, "remap": text})


@pytest.mark.parametrize("text", ["x", "", "-1", "0", "1.5", "²"])
def test_a_number_that_is_none_is_refused_by_its_argument(text):
    with pytest.raises(ConfigError, match="goals:=.*: expected a whole number of at least 1"):
        whole({"goals": text}, "goals", 1)
    assert whole({"goals": "20"}, "goals", 1) == 20


@pytest.mark.parametrize(
    "command",
    [
        "ros2 launch robot_learning sim.launch.py",
        f"ros2 launch {FILE}",
        "ros2 launch --noninteractive robot_learning sim.launch.py robot:=ur5",
    ],
)
def test_a_misspelt_argument_is_refused_with_those_there_are(command):
    with pytest.raises(ConfigError, match="robt: no such argument; there are robot, gui"):
        refuse_unknown(["robot", "gui"], FILE, [*command.split(), "robt:=panda"])
    refuse_unknown(["robot", "gui"], FILE, command.split())


def test_arguments_of_a_file_that_includes_ours_are_its_own():
    refuse_unknown(["robot"], FILE, "ros2 launch mine sim.launch.py speed:=2".split())
    refuse_unknown(["robot"], FILE, "ros2 launch mine all.launch.py speed:=2".split())
    refuse_unknown(["robot"], FILE, ["pytest"])


def test_a_package_that_is_missing_is_named_before_anything_starts(monkeypatch, tmp_path):
    monkeypatch.setenv("AMENT_PREFIX_PATH", str(tmp_path))
    with pytest.raises(ConfigError, match=r"robot_state_publisher_2 is not .*robot-state-publi"):
        refuse_missing("robot_state_publisher_2")
