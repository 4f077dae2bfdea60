"""Faults of drivers, clocks and processes: the arm rests inside its limits, says why, goes on.

Others are beside what they belong to; ``docs/faults.md`` names the test of each.
"""

import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers.graph import push, value_of
from helpers.processes import environment
from std_srvs.srv import Trigger

from robot_learning.policy import PolicyBundle


def goes_on(arm, resume=True):
    """Resume where that is needed; say whether commands move the arm again."""
    if resume:
        assert arm.call(Trigger, "/safety_node/resume").success
    arm.until(lambda: not arm.latched())
    before = arm.q()
    arm.drive(push(arm.spec, speed=-0.5), 0.5)
    return before[0] - arm.q()[0] > 0.1


def held(arm):
    """Return what makes all joint states tell the positions of the first."""
    first = []

    def spoil(state):
        first.append(state)
        state.position, state.velocity = first[0].position, [0.0] * arm.spec.n
        return state

    return spoil


def repeated():
    """Return what sends the first joint state again and again."""
    first = []

    def spoil(state):
        first.append(state)
        return first[0]

    return spoil


def swapped():
    """Return what sends joint states two at a time, the newer one first."""
    kept = []

    def spoil(state):
        kept.append(state)
        if len(kept) % 2:
            return []
        return [kept[-1], kept[-2]]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "cause"), [(held, "tracking_error"), (lambda _: repeated(), "stale_state")]
)
def test_joint_states_that_freeze_stop_the_arm(arm, spoil, cause):
    arm.drive(push(arm.spec), 0.2)
    arm.driver.spoil = spoil(arm)
    arm.drive(push(arm.spec), 0.8)
    assert arm.latched() == cause
    arm.wait_at_rest()
    arm.assert_limits_kept()
    arm.driver.forget_faults()
    arm.run(0.1)
    assert goes_on(arm)


@pytest.mark.parametrize(
    "spoil", [swapped(), lambda state: [state] * 40], ids=["reordered", "flooded"]
)
def test_joint_states_out_of_order_or_in_floods_change_nothing(arm, spoil):
    arm.driver.spoil = spoil
    arm.drive(push(arm.spec), 0.8)
    assert not arm.latched()
    assert arm.q()[0] > arm.spec.home[0] + 0.2
    arm.assert_limits_kept()


def test_a_clock_that_jumps_ahead_ends_the_motion(arm):
    arm.drive(push(arm.spec), 0.4)
    arm.set_clock(arm.driver.seconds + 60.0)
    arm.until(lambda: "no_command" in value_of(arm.status[-1], "causes"))
    arm.wait_at_rest()
    arm.assert_limits_kept()
    assert goes_on(arm, resume=bool(arm.latched()))


@pytest.mark.parametrize("moving", [True, False])
def test_a_driver_that_comes_back_elsewhere_stops_the_arm_until_resume(arm, moving):
    speed = 0.5 if moving else 0.0
    arm.drive(push(arm.spec, speed=speed), 0.4)
    arm.driver.silent = True
    arm.drive(push(arm.spec, speed=speed), 0.5)
    arm.driver.rest_at(arm.spec.home + np.linspace(0.15, 0.2, arm.spec.n))
    arm.driver.silent = False
    there = arm.q()
    arm.until(lambda: arm.latched() == ("stale_state" if moving else "tracking_error"))
    arm.drive(push(arm.spec), 0.4)
    np.testing.assert_allclose(arm.q(), there, atol=1e-9)
    assert goes_on(arm)


def test_a_policy_that_freezes_lets_the_arm_rest_and_goes_on_when_it_wakes(system):
    home = system.model.forward(system.q())[:3, 3]
    goal = home + [0.0, 0.2, -0.1]
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.2)
    system.processes["policy_node"].send_signal(signal.SIGSTOP)
    try:
        system.follow_policy = False
        system.wait_at_rest(2.0)
        assert "no_command" in value_of(system.status[-1], "causes") and not system.latched()
        short = np.linalg.norm(system.model.forward(system.q())[:3, 3] - goal)
    finally:
        system.processes["policy_node"].send_signal(signal.SIGCONT)
    assert short > 0.02
    system.pursue(goal)
    system.until(
        lambda: np.linalg.norm(system.model.forward(system.q())[:3, 3] - goal) < 0.01, 8.0
    )
    system.assert_limits_kept()


def test_a_safety_node_that_freezes_leaves_a_motion_that_ends_at_rest(arm):
    arm.drive(push(arm.spec, speed=1.0), 0.6)
    assert arm.speed() > 0.5
    arm.processes["safety_node"].send_signal(signal.SIGSTOP)
    try:
        arm._slot = None  # Time goes on without it.
        arm.wait_at_rest(2.0)
        arm.assert_limits_kept()
        rested = arm.q()
    finally:
        arm.processes["safety_node"].send_signal(signal.SIGCONT)
    arm.until(lambda: arm._slot is not None)
    arm.run(0.5)
    np.testing.assert_allclose(arm.q(), rested, atol=1e-4)
    assert goes_on(arm, resume=bool(arm.latched()))


def test_a_monitor_that_dies_changes_nothing(system, bundle):
    goal = system.model.forward(system.q())[:3, 3] + [0.0, 0.2, -0.1]
    system.start("monitor_node", bundle=str(bundle.path))
    system.pursue(goal)
    system.until(lambda: system.speed() > 0.2)
    system.kill("monitor_node")
    system.until(
        lambda: np.linalg.norm(system.model.forward(system.q())[:3, 3] - goal) < 0.01, 8.0
    )
    assert isinstance(bundle, PolicyBundle) and not system.latched()


def apart(namespaces, command, **more):
    """Run a command with the rights of root in Linux namespaces of its own."""
    words = ["unshare", "--map-root-user", *namespaces, *command]
    done = subprocess.run(words, env=environment(**more), capture_output=True, text=True)
    assert not done.returncode, done.stderr[-4000:]
    return done.stdout


def test_a_network_that_is_lost_lets_the_arm_rest_and_goes_on_when_it_is_back():
    code = "from helpers.network import lose_it_and_get_it_back as test; test()"
    command = [sys.executable, "-c", code]
    said = apart(["--net"], command, FASTDDS_BUILTIN_TRANSPORTS="UDPv4")
    assert "it goes on" in said


def test_a_full_disk_keeps_no_node_from_its_work(tmp_path):
    code = "from helpers.disk import work_without_room as test; test()"
    said = apart(["--mount"], [sys.executable, "-c", code], ROS_LOG_DIR=str(tmp_path))
    assert "it works" in said


def test_a_record_that_has_no_room_is_one_line():
    code = """
import sys
from robot_learning.nodes.run import run

def make():
    open("/dev/full", "w", buffering=1).write("a line\\n")

sys.exit(run(make))
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True)
    assert done.returncode == 1
    assert done.stderr.decode() == "error: No space left on device\n"
