"""`robot-learning go` over real DDS: straight, around a wall, and out of one."""

import contextlib
import os
from pathlib import Path

import numpy as np
import pytest
from helpers.graph import Probe
from helpers.robots import robot_yaml

from robot_learning.base.errors import ConfigError, SafetyError
from robot_learning.cli.go import go
from robot_learning.worlds.ros import RosWorld

pytestmark = pytest.mark.wall_clock
PAN = "shoulder_pan_joint"


def wall(angle, xyz):
    """Return a wall that stands along the base's radius at ``angle`` about the vertical, rad."""
    return {"name": "wall", "box": [0.5, 0.04, 0.6], "xyz": xyz, "rpy": [0.0, 0.0, angle]}


def at(angle):
    return [0.55 * float(np.cos(angle)), 0.55 * float(np.sin(angle)), 0.3]


@pytest.fixture(scope="module")
def graph():
    """A simulated arm that plays a real one."""
    graph = Probe("arm6")
    graph.start("sim_node", remaps={"__node": "driver"}, robot="arm6")
    before = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = graph.env["ROS_DOMAIN_ID"]
    try:
        graph.wait(lambda: "states at" in graph.words())
        yield graph
    finally:
        if before is None:
            del os.environ["ROS_DOMAIN_ID"]
        else:
            os.environ["ROS_DOMAIN_ID"] = before
        graph.close()


def goes(path, to):
    """Go; a busy machine may stop the arm on its way."""
    for _ in range(10):
        try:
            return go(path, to, yes=True)
        except SafetyError as error:
            if "stale_state" not in str(error):
                raise
    raise AssertionError("the arm is never told of in time")


def test_it_goes_around_a_wall_and_out_of_one(graph, arm6, tmp_path, capsys):
    said = []
    for name, angle in (("beside", 0.6), ("touching", 1.2)):
        (tmp_path / name).mkdir()
        file = robot_yaml(tmp_path / name, safety__scene=[wall(angle, at(angle))])
        goes(file, f"{PAN}=1.2" if name == "beside" else "home")
        said.append(capsys.readouterr().out)
    assert "planned way" in said[0]
    assert "mm from wall" in said[0]
    assert "a way leads out" in said[1]
    with contextlib.closing(RosWorld(arm6)) as world:
        np.testing.assert_allclose(world.rest(), arm6.home, atol=1e-2)


def test_what_can_not_be_gone_to_is_one_line(graph):
    for to, why in (
        ("start-of-seed", "a robot has no episodes"),
        ("elbow=1", "expected home, start-of-seed, or NAME=VALUE of shoulder_pan_joint"),
        (f"{PAN}=up", "'up' is no number"),
    ):
        with pytest.raises(ConfigError, match=why):
            go(Path("arm6"), to, yes=True)
    with pytest.raises(SafetyError, match=f"{PAN} is at 9.000, expected"):
        go(Path("arm6"), f"{PAN}=9", yes=True)
