import ast
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from robot_learning.base.errors import BundleError, ConfigError
from robot_learning.base.paths import config_dir
from robot_learning.nodes import sim_node
from robot_learning.nodes.arm import Arm, robot_of
from robot_learning.nodes.system import (
    NodeStart,
    demonstration,
    deployment,
    record_of,
    simulation,
)

NODES = Path(sim_node.__file__).parent
SHIPPED = config_dir() / "policies/panda-reach"
EVERYTHING = Arm(
    robot="panda",
    bundle="panda-reach",
    controller="forward_position_controller",
    controller_topic="position/commands",
    gui=True,
    namespace="left",
    use_sim_time=True,
    view=True,
)


def names(starts):
    return [start.name for start in starts]


def given(starts):
    return {start.name: {**start.defaults, **start.given} for start in starts}


def declared(name):
    """Return the parameters that the source of a node and of its own parts declares."""
    text = (NODES / f"{name}.py").read_text(encoding="utf-8")
    parts = re.findall(r"^from robot_learning\.nodes\.(\w+) import", text, re.MULTILINE)
    texts = [text, *((NODES / f"{part}.py").read_text(encoding="utf-8") for part in parts)]
    found = {"use_sim_time"}
    for call in (node for text in texts for node in ast.walk(ast.parse(text))):
        if isinstance(call, ast.Call) and ast.unparse(call.func).startswith("parameters."):
            found |= constants(call)
            found |= declared_together(ast.unparse(call.func).removeprefix("parameters."))
            if ast.unparse(call.func) == "parameters.controller":
                found |= {"controller_type", "controller_topic"}
    return found


def declared_together(name):
    """Return the parameters that a class of ``nodes/parameters.py`` declares."""
    module = ast.parse((NODES / "parameters.py").read_text(encoding="utf-8"))
    classes = [node for node in module.body if isinstance(node, ast.ClassDef)]
    own = [node for each in classes if each.name == name for node in ast.walk(each)]
    return {word for node in own if isinstance(node, ast.Call) for word in constants(node)}


def constants(call):
    return {word.value for word in call.args if isinstance(word, ast.Constant)}


def test_a_deployment_beside_a_real_arm_has_no_simulation():
    deployed = ["safety_node", "policy_node", "monitor_node"]
    assert names(simulation(Arm())) == ["sim_node"]
    assert names(deployment(Arm(bundle="panda-reach"))) == ["sim_node", *deployed]
    assert names(deployment(Arm(bundle="panda-reach", simulated=False))) == deployed
    assert names(demonstration(EVERYTHING, 3, 0, Path("s")))[-1] == "demo_node"


def test_frames_of_a_real_arm_are_its_drivers():
    shown = names(deployment(Arm(bundle="panda-reach", view=True)))
    assert shown[-2:] == ["view_node", "robot_state_publisher"]
    assert names(deployment(Arm(bundle="panda-reach", view=True, simulated=False)))[-1] == (
        "view_node"
    )


def test_nodes_are_given_only_parameters_that_they_declare():
    for start in demonstration(EVERYTHING, 3, 0, Path("session.json")):
        if start.package != "robot_learning":
            continue
        assert {*start.given, *start.defaults} <= declared(start.name)
        assert start.namespace == "left" and start.given["use_sim_time"]


def test_who_sends_to_the_controller_and_who_stands_in_for_it_agree():
    found = given(demonstration(EVERYTHING, 3, 0, Path("session.json")))
    for name in ("sim_node", "safety_node", "guard_node", "demo_node", "view_node"):
        assert found[name]["controller_type"] == "forward_position_controller"
        assert found[name]["controller_topic"] == "position/commands"
    bare = given(deployment(Arm(bundle="panda-reach")))
    assert "guard_node" not in bare
    assert not {key for each in bare.values() for key in each if "controller" in key}


def test_the_robot_is_the_bundles_where_none_is_given():
    assert {
        each.get("robot", "panda")
        for each in given(deployment(Arm(bundle="panda-reach"))).values()
    } == {"panda"}
    assert robot_of(Arm(robot="ur5", bundle="panda-reach")) == "ur5"
    assert robot_of(Arm()) == "arm6"


def test_a_run_knows_where_its_robots_file_is(tmp_path):
    mine = tmp_path / "mine.yaml"
    shutil.copy(config_dir() / "robots/arm6.yaml", mine)
    shutil.copytree(SHIPPED, tmp_path / "run/bundle")
    (tmp_path / "run/config.yaml").write_text(yaml.safe_dump({"robot": str(mine)}))
    assert robot_of(Arm(bundle=str(tmp_path / "run"))) == str(mine)
    mine.unlink()
    with pytest.raises(ConfigError, match=f"made for robot '{mine}': no such file"):
        robot_of(Arm(bundle=str(tmp_path / "run")))


def test_what_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="robot 'wallace': no such file, .*arm6"):
        simulation(Arm(robot="wallace"))
    with pytest.raises(BundleError, match="panda-raech"):
        deployment(Arm(bundle="panda-raech"))


def test_a_deployment_simulates_the_scene_of_its_bundle(tmp_path, monkeypatch):
    found = given(deployment(Arm(bundle="panda-push", seed=7)))["sim_node"]
    assert found["task"] == str(config_dir() / "policies/panda-push") and found["seed"] == 7
    monkeypatch.chdir(tmp_path)
    Path("mine.yaml").write_text("task: push\n", encoding="utf-8")
    own = Arm(bundle="panda-push", task="mine.yaml", shift="mild")
    found = given(deployment(own))["sim_node"]
    assert (found["task"], found["shift"]) == (str(tmp_path / "mine.yaml"), "mild")
    assert "task" not in given(simulation(Arm(robot="panda")))["sim_node"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"task": "pusj"}, "task 'pusj': no such file"),
        ({"shift": "wild"}, "shift 'wild': no such file"),
        ({"shift": "mild", "simulated": False}, "task, shift: .* this one is real"),
    ],
)
def test_a_scene_that_is_not_there_is_refused(wrong, words):
    with pytest.raises(ConfigError, match=words):
        deployment(Arm(bundle="panda-reach", **wrong))


def test_a_clock_is_published_by_the_simulation_that_follows_none():
    found = given(deployment(Arm(bundle="panda-reach", use_sim_time=True)))
    assert found["sim_node"]["publish_clock"] is True
    assert not any(
        "publish_clock" in given(deployment(Arm(bundle="panda-reach")))[name] for name in found
    )


def test_a_record_goes_to_the_run_and_never_into_an_installed_bundle(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(SHIPPED, "run/bundle")
    assert record_of("run") == tmp_path / "runs/bundle/session.json"
    Path("run/config.yaml").touch()
    assert record_of("run") == record_of("run/bundle") == tmp_path / "run/session.json"
    assert record_of("panda-reach") == tmp_path / "runs/panda-reach/session.json"


def test_texts_reach_a_node_as_texts():
    start = NodeStart(
        "demo_node",
        {"robot": "007", "out": 'a "b": [c].json', "goals": 3, "x": True},
        namespace="left",
    )
    words = start.ros_args()
    pairs = [word.split(":=", 1) for word in words[1:] if ":=" in word]
    read = {key: yaml.safe_load(text) for key, text in pairs}
    assert read == {**start.given, "__ns": "/left"} and words[0] == "--ros-args"
    assert json.loads(dict(pairs)["robot"]) == "007"
