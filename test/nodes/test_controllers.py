"""What happens to the arm when whoever moves it dies, for each controller; on the wall clock."""

import signal

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from helpers.graph import COMMANDS, READY, Probe, push, value_of
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

KINDS = [
    "joint_trajectory_controller",
    "forward_position_controller",
    "forward_velocity_controller",
]
NO_TIMEOUT = KINDS[1:]


class Deployed(Probe):
    """A simulated arm behind a safety node, and a guard where its controller needs one."""

    def begin(self, kind):
        self.states, self.status = [], []
        self.node.create_subscription(JointState, "/joint_states", self.states.append, 100)
        self.node.create_subscription(
            DiagnosticStatus, "/safety_node/status", self.status.append, 100
        )
        moving = {"robot": str(self.spec.path), "controller_type": kind}
        for name in ("sim_node", "safety_node", *(["guard_node"] if kind in NO_TIMEOUT else [])):
            self.start(name, **moving)
        self.wait(lambda: READY in self.words() and self.states)
        if kind in NO_TIMEOUT:
            self.wait(lambda: "guards" in self.words())

    def drive_until(self, predicate, speed=0.8):
        """Command a velocity of the first joint until ``predicate()`` holds."""
        out = self.publisher(JointState, COMMANDS)

        def step():
            qd = push(self.spec, speed=speed).tolist()
            out.publish(JointState(name=list(self.spec.joints), velocity=qd))
            self.spin(self.spec.control_period / 2)

        self.wait(predicate, step)

    def q(self):
        return np.array(self.states[-1].position)

    def speed(self):
        return float(np.abs(self.states[-1].velocity).max())

    def wait_at_rest(self):
        """Wait until the arm has not moved for half a second."""

        def step():
            self.before = self.q()
            self.spin(0.5)

        self.before = self.q() + 1.0
        self.wait(lambda: np.abs(self.q() - self.before).max() < 2e-3, step)

    def latched(self):
        return value_of(self.status[-1], "latched") if self.status else ""


@pytest.fixture
def deployed():
    graph = Deployed()
    yield graph
    graph.close()


@pytest.mark.wall_clock
@pytest.mark.parametrize("kind", KINDS)
def test_when_the_safety_node_is_killed_mid_motion_the_arm_comes_to_rest(deployed, kind):
    deployed.begin(kind)
    deployed.drive_until(lambda: deployed.speed() > 0.6)
    deployed.kill("safety_node")
    at = deployed.q()
    deployed.wait_at_rest()
    q, spec = deployed.q(), deployed.spec
    assert ((q > spec.lower) & (q < spec.upper)).all()
    # As far as it goes by braking, and what was on its way when it was killed.
    braking = 0.8**2 / (2 * spec.acceleration[0]) + 0.8 * 4 * spec.control_period
    assert q[0] - at[0] < braking


@pytest.mark.wall_clock
def test_velocities_leave_only_under_a_guard_that_lives(deployed):
    deployed.begin("forward_velocity_controller")
    deployed.drive_until(lambda: deployed.speed() > 0.6)
    deployed.processes["safety_node"].send_signal(signal.SIGSTOP)
    deployed.wait_at_rest()
    still = deployed.q()
    deployed.processes["safety_node"].send_signal(signal.SIGCONT)
    deployed.spin(0.5)
    np.testing.assert_allclose(deployed.q(), still, atol=5e-3)
    deployed.wait(lambda: deployed.call(Trigger, "/safety_node/resume").success)
    deployed.drive_until(lambda: deployed.speed() > 0.3, speed=-0.4)
    deployed.kill("guard_node")
    deployed.drive_until(lambda: deployed.latched() == "stop_requested", speed=-0.4)
    deployed.wait_at_rest()
    still = deployed.q()
    deployed.wait(lambda: deployed.call(Trigger, "/safety_node/resume").success)
    deployed.drive_until(lambda: "no guard_node" in value_of(deployed.status[-1], "refused"))
    np.testing.assert_allclose(deployed.q(), still, atol=2e-3)
    deployed.start("guard_node", robot=str(deployed.spec.path), controller_type=NO_TIMEOUT[1])
    deployed.drive_until(lambda: deployed.q()[0] > still[0] + 0.1)
