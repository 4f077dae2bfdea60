import json
import signal

import numpy as np
import pytest
from helpers.graph import TOPIC, push, value_of
from helpers.robots import scripted_bundle
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.trajectory import Trajectory
from robot_learning.kinematics import ArmModel
from robot_learning.monitoring.ladder import DRY_RUN, SHADOW, THRESHOLDS, Record, Seen
from robot_learning.nodes.modes import SMALL
from robot_learning.policy import PolicyBundle

NEAR = 0.08  # m from home to a goal


@pytest.fixture
def rungs(graph, bundle, tmp_path, monkeypatch):
    """A graph whose nodes keep their records in a folder of the test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    graph.env["XDG_DATA_HOME"] = str(tmp_path)
    graph.bundle = PolicyBundle.load(bundle.path)
    graph.model = ArmModel(graph.spec)
    return graph


def record(rungs):
    spec, bundle = rungs.spec, rungs.bundle
    return Record((spec.name, spec.hash), (bundle.name, bundle.hash))


def climb(rungs, **parameters):
    """Start the safety node with the ladder of the bundle."""
    rungs.start_safety(bundle=str(rungs.bundle.path), **parameters)
    del rungs.status[:], rungs.driver.states[:]
    rungs.until(lambda: rungs.status)


def end(rungs):
    rungs.spin(0.5)  # The node learns whose joint states it hears.
    rungs.run(0.1)
    process = rungs.processes.pop("safety_node")
    process.send_signal(signal.SIGINT)
    assert rungs.ends(process, rungs.driver.advance) == 0


def near_goal(rungs):
    return rungs.model.forward(rungs.spec.home)[:3, 3] + [0.0, NEAR, 0.0]


def test_a_dry_run_reaches_the_goal_in_the_mind_and_sends_nothing(rungs):
    sent = rungs.listen(JointTrajectory, TOPIC)
    shown = rungs.listen(JointTrajectory, "/safety_node/would_send")
    climb(rungs)
    remaps = {"joint_states": "safety_node/joint_states"}
    path = str(rungs.bundle.path)
    rungs.start("policy_node", remaps=remaps, bundle=path, autostart=True)
    goal = near_goal(rungs)
    rungs.pursue(goal)
    rungs.until(lambda: "goal reached" in rungs.policy_status(), 8.0)
    assert not sent and not rungs.node.count_publishers(TOPIC)
    np.testing.assert_array_equal(rungs.q(), rungs.spec.home)
    # What was shown ends where the goal is.
    tip = rungs.model.forward(np.array(shown[-1].points[-1].positions))[:3, 3]
    assert np.linalg.norm(tip - goal) < 0.01
    assert value_of(rungs.status[-1], "mode") == DRY_RUN
    # The driver comes back elsewhere: the dry run ends in a stop as a motion would.
    rungs.driver.rest_at(rungs.spec.home + 0.3)
    rungs.run(0.2)
    assert rungs.latched() == "tracking_error"
    assert rungs.call(Trigger, "/safety_node/resume").success
    rungs.run(0.2)
    assert not rungs.latched()
    end(rungs)
    seen = record(rungs).seen[DRY_RUN]
    assert (seen.goals, seen.stops) == (1, 1) and seen.decisions >= 5
    assert json.loads(record(rungs).path.read_text())["bundle_hash"] == rungs.bundle.hash


def move(rungs, speed, seconds):
    """Move the arm's first joint as another controller does."""
    q, qd = rungs.q(), push(rungs.spec, speed=speed)
    motion = Trajectory(
        np.array([0.0, seconds]), np.array([q, q + seconds * qd]), np.array([qd, qd])
    )
    now = rungs.driver.seconds
    rungs.driver._controller.accept(motion, now, now)


def test_a_shadow_tells_how_far_what_is_asked_is_from_what_the_arm_does(rungs):
    sent = rungs.listen(JointTrajectory, TOPIC)
    climb(rungs, mode=SHADOW)
    lever = np.linalg.norm(rungs.model.jacobian(rungs.spec.home)[:3, 0])
    for asked in (-0.2, 0.3):
        move(rungs, 0.3, 2.0)
        rungs.drive(push(rungs.spec, speed=asked), 0.4)
        last = rungs.status[-1]
        assert "OK" in last.message and not rungs.latched()
        off = np.array(value_of(last, "disagreement.joints").split(), dtype=float)
        np.testing.assert_allclose(off, push(rungs.spec, speed=asked - 0.3), atol=1e-3)
        tip = float(value_of(last, "disagreement.tip"))
        np.testing.assert_allclose(tip, abs(asked - 0.3) * lever, rtol=0.05, atol=1e-3)
    assert not sent and not rungs.node.count_publishers(TOPIC)
    # No motion takes an arm there: the driver came back elsewhere.
    rungs.driver.rest_at(rungs.spec.home - 0.5)
    rungs.drive(push(rungs.spec), 0.2)
    assert rungs.latched() == "tracking_error"
    end(rungs)
    seen = record(rungs).seen[SHADOW]
    np.testing.assert_allclose(seen.disagreement, 0.5 / rungs.spec.soft_velocity[0], rtol=0.01)


def tips(rungs):
    """Return how fast the tip was at most, m/s, and how far from home on any axis, m."""
    model, states = rungs.model, rungs.driver.states
    speeds = [model.jacobian(np.array(s.position))[:3] @ s.velocity for s in states]
    home = model.forward(rungs.spec.home)[:3, 3]
    ways = [model.forward(np.array(s.position))[:3, 3] - home for s in states]
    return max(map(np.linalg.norm, speeds)), np.abs(ways).max()


def test_the_reduced_mode_keeps_the_tip_slow_and_near_where_the_full_one_does_not(rungs):
    kept = record(rungs)
    kept.add(DRY_RUN, Seen(steady=THRESHOLDS[DRY_RUN].steady))
    climb(rungs, mode="reduced")
    request = SetBool.Request(data=False)
    assert not rungs.call(SetBool, "/safety_node/reduced_speed", request).success
    rungs.drive(push(rungs.spec, speed=1.5), 2.0)
    speed, way = tips(rungs)
    assert 0.2 < speed <= 0.25 + 1e-3 and SMALL - 0.03 < way <= SMALL
    assert "workspace" in ",".join(rungs.said("causes"))
    # The driver's emergency stop: the arm stands still while the commands go on.
    rungs.driver.follows = False
    rungs.drive(push(rungs.spec, speed=-1.0), 1.0)
    assert rungs.latched() == "tracking_error"
    end(rungs)
    rungs.driver.follows = True
    rungs.driver.rest_at(rungs.spec.home)
    climb(rungs, mode="full", skip_ladder=True)
    assert value_of(rungs.status[-1], "skipped").startswith("shadow has seen 0 of")
    assert "LADDER SKIPPED: mode full runs though shadow" in rungs.words()
    rungs.drive(push(rungs.spec, speed=1.5), 2.0)
    speed, way = tips(rungs)
    assert speed > 0.3 and way > 2 * SMALL


def test_a_mode_that_may_not_run_is_one_line(rungs):
    process = rungs.start("safety_node", mode="full", bundle=str(rungs.bundle.path))
    rungs.processes.pop("safety_node")
    assert rungs.ends(process) == 1
    (line,) = [line for line in rungs.words().splitlines() if line.startswith("error")]
    assert "mode full is closed: dry_run has seen 0 of 10 s" in line
    assert "Traceback" not in rungs.words()


def test_a_policy_that_the_ladder_does_not_know_is_stopped(rungs, tmp_path):
    other = scripted_bundle(tmp_path / "other", "arm6", gain=0.5)
    simulation = Node("sim_node", context=rungs.context)
    simulation.create_publisher(JointState, "/joint_states", 1)
    climb(rungs, mode=DRY_RUN)
    rungs.start("policy_node", bundle=str(other.path), autostart=True)
    rungs.until(rungs.latched)
    assert rungs.latched() == "stop_requested"
    assert f"the ladder is of {rungs.bundle.hash[:12]}" in "".join(rungs.said("refused"))
    # A simulated arm is none: what it has seen is not kept.
    end(rungs)
    assert "this run counts for no ladder" in rungs.words() and not record(rungs).path.exists()
    simulation.destroy_node()
