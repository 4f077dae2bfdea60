"""The operator of the demo: which goals it sends, and how long it waits for the others."""

import json
from types import SimpleNamespace

import numpy as np
import pytest
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from helpers.driver import Driver
from helpers.graph import Probe
from helpers.messages import in_two
from helpers.processes import claim_domain
from helpers.robots import robot_yaml, scripted_bundle

from robot_learning.base.errors import RobotLearningError
from robot_learning.nodes import demo_node

GOALS = 12
WALL = 0.12  # m; how far to the left the arm may go
BOX = {"name": "wall", "box": [0.6, 0.3, 0.6], "xyz": [0.4, WALL + 0.15, 0.3]}


@pytest.fixture
def probe(tmp_path):
    """A probe beside an arm that has a wall to its left."""
    probe = Probe(robot_yaml(tmp_path, safety__scene=[BOX]))
    yield probe
    probe.close()


@pytest.mark.parametrize("small", [False, True])
def test_goals_are_free_of_contact_where_each_state_comes_in_two_messages(probe, tmp_path, small):
    bundle = scripted_bundle(tmp_path / "bundle", probe.spec.path)
    driver = Driver(probe.node, probe.spec)
    driver.spoil = in_two
    sent = probe.listen(PoseStamped, "/policy_node/goal")
    demo = probe.start(
        "demo_node",
        bundle=bundle.path,
        robot=probe.spec.path,
        goals=GOALS,
        timeout=0.1,
        out=tmp_path / "session.json",
        use_sim_time=True,
    )
    corners = np.array([[0.2, -0.15, 0.2], [0.5, 0.15, 0.5]])  # as mode reduced tells of them
    words = [KeyValue(key="workspace", value=" ".join(f"{x:.3f}" for x in corners.ravel()))]
    status = DiagnosticStatus(message="OK", values=words if small else [])
    safety = probe.publisher(DiagnosticStatus, "/safety_node/status")
    policy = probe.publisher(DiagnosticStatus, "/policy_node/status")

    def step():
        driver.advance()
        safety.publish(status)
        if sent:
            point = sent[-1].pose.position
            goal = KeyValue(key="goal", value=f"{point.x!r} {point.y!r} {point.z!r}")
            policy.publish(DiagnosticStatus(values=[goal]))
        probe.hear()

    assert probe.ends(demo, step) == 1 and f"0 of {GOALS}" in probe.words()
    record = json.loads((tmp_path / "session.json").read_text(encoding="utf-8"))
    goals = np.array([attempt["goal"] for attempt in record["goals"]])
    assert len(goals) == GOALS and (goals[:, 1] < WALL).all()
    if small:
        assert (goals > corners[0]).all() and (goals < corners[1]).all()
    else:  # on the other side of the arm they may be as far out
        assert goals[:, 1].min() < -WALL


@pytest.fixture
def waiting(bundle, monkeypatch):
    """A demo node whose nodes never come, and the wall clock that it looks at."""
    domain, claim = claim_domain()
    given = ["--ros-args", "-p", f"bundle:={bundle.path}"]
    rclpy.init(args=given, domain_id=domain)
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(demo_node, "time", SimpleNamespace(monotonic=lambda: clock.now))
    node = demo_node.DemoNode()
    yield node, clock
    node.destroy_node()
    rclpy.shutdown()
    claim.close()


def look(node):
    """Let the node look around once or twice."""
    for _ in range(20):
        rclpy.spin_once(node, timeout_sec=0.1)


def test_nodes_that_still_compile_are_waited_for(waiting):
    node, clock = waiting
    clock.now += 180.0
    look(node)
    clock.now += 10.0
    with pytest.raises(RobotLearningError, match=r"waiting for joint states, safety_node, pol"):
        look(node)
