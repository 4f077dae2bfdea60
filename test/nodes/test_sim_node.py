"""The simulated arm, which lives on the wall clock; one test of all nodes on it."""

import signal

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from helpers.graph import TOPIC, Probe, value_of
from helpers.robots import scripted_bundle
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

pytestmark = pytest.mark.wall_clock


class Simulated(Probe):
    """A probe beside a simulated arm, by the wall clock that the arm lives on."""

    def __init__(self):
        super().__init__("arm6")
        self.states = []
        self.node.create_subscription(JointState, "/joint_states", self.states.append, 1000)

    def q(self):
        """Return the last measured positions, in the robot's order."""
        last = self.states[-1]
        return np.array([last.position[last.name.index(joint)] for joint in self.spec.joints])


@pytest.fixture
def graph():
    graph = Simulated()
    yield graph
    graph.close()


@pytest.fixture
def sim(graph):
    graph.start("sim_node", robot="arm6")
    graph.wait(lambda: graph.states)
    return graph


def message(spec, offset, seconds=1.0, velocity=0.0, order=None):
    order = order or range(spec.n)
    point = JointTrajectoryPoint(
        positions=[float(spec.home[i] + offset[i]) for i in order],
        velocities=[velocity] * spec.n,
    )
    point.time_from_start.sec = int(seconds)
    point.time_from_start.nanosec = int((seconds % 1) * 1e9)
    return JointTrajectory(joint_names=[spec.joints[i] for i in order], points=[point])


def test_a_trajectory_is_followed_and_its_end_is_held(sim):
    offset = np.linspace(0.05, 0.3, sim.spec.n)
    backwards = list(reversed(range(sim.spec.n)))
    sim.publisher(JointTrajectory, TOPIC).publish(message(sim.spec, offset, order=backwards))
    sim.spin(1.5)
    np.testing.assert_allclose(sim.q(), sim.spec.home + offset, atol=3e-3)
    sim.spin(0.3)
    np.testing.assert_allclose(sim.q(), sim.spec.home + offset, atol=3e-3)


def test_a_new_trajectory_replaces_the_old(sim):
    out = sim.publisher(JointTrajectory, TOPIC)
    out.publish(message(sim.spec, np.full(sim.spec.n, 0.3)))
    sim.spin(0.4)
    out.publish(message(sim.spec, np.zeros(sim.spec.n), 0.5))
    sim.spin(1.2)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_a_trajectory_that_ends_moving_is_rejected(sim):
    out = sim.publisher(JointTrajectory, TOPIC)
    out.publish(message(sim.spec, np.full(sim.spec.n, 0.3), velocity=0.2))
    sim.spin(0.6)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_states_come_at_their_rate_with_growing_stamps(sim):
    del sim.states[:]
    sim.spin(2.0)
    assert 200 < len(sim.states) <= 260
    stamps = [state.header.stamp.sec + state.header.stamp.nanosec * 1e-9 for state in sim.states]
    np.testing.assert_allclose(np.diff(stamps), 0.008, atol=1e-4)


def test_reset_and_pause(sim):
    sim.publisher(JointTrajectory, TOPIC).publish(message(sim.spec, np.full(sim.spec.n, 0.2)))
    sim.spin(0.5)
    assert sim.call(SetBool, "/sim_node/pause", SetBool.Request(data=True)).success
    sim.spin(0.2)
    del sim.states[:]
    sim.spin(0.3)
    assert not sim.states
    assert sim.call(Trigger, "/sim_node/reset").success
    sim.call(SetBool, "/sim_node/pause", SetBool.Request(data=False))
    sim.wait(lambda: sim.states)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_forward_position_controller(graph):
    graph.start("sim_node", robot="arm6", controller_type="forward_position_controller")
    graph.wait(lambda: graph.states)
    out = graph.publisher(Float64MultiArray, "/forward_position_controller/commands")
    target = graph.spec.home + 0.05
    out.publish(Float64MultiArray(data=target[:3].tolist()))
    out.publish(Float64MultiArray(data=[float("nan")] * graph.spec.n))
    graph.spin(0.3)
    np.testing.assert_allclose(graph.q(), graph.spec.home, atol=3e-3)
    out.publish(Float64MultiArray(data=target.tolist()))
    graph.spin(1.0)
    np.testing.assert_allclose(graph.q(), target, atol=3e-3)


def test_the_clock_is_published_where_asked_for(graph):
    graph.start("sim_node", robot="arm6", publish_clock=True)
    heard = graph.listen(Clock, "/clock")
    graph.wait(lambda: len(heard) > 10)
    stamps = [m.clock.sec + m.clock.nanosec * 1e-9 for m in heard]
    assert (np.diff(stamps) > 0).all()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_on_a_signal(sim, number):
    process = sim.processes["sim_node"]
    process.send_signal(number)
    assert sim.ends(process) == 0


def test_all_nodes_together_reach_a_goal(graph, arm6_model, tmp_path):
    bundle = str(scripted_bundle(tmp_path / "bundle", "arm6").path)
    status = graph.listen(DiagnosticStatus, "/safety_node/status")
    graph.start("sim_node", robot="arm6")
    graph.start("safety_node", robot="arm6")
    graph.start("policy_node", bundle=bundle, autostart=True)
    graph.start("monitor_node", bundle=bundle)
    goal = arm6_model.forward(graph.spec.home)[:3, 3] + [0.05, 0.12, -0.05]
    message = PoseStamped()
    message.header.frame_id = graph.spec.base_link
    point = message.pose.position
    point.x, point.y, point.z = map(float, goal)
    goals = graph.publisher(PoseStamped, "/policy_node/goal")

    def reached():
        # A busy machine may stop the arm: it is resumed and sent on.
        if status and value_of(status[-1], "latched"):
            graph.call(Trigger, "/safety_node/resume")
        goals.publish(message)
        graph.spin(1.0)
        tip = arm6_model.forward(graph.q())[:3, 3] if graph.states else np.inf
        return np.linalg.norm(tip - goal) < 0.01

    graph.wait(reached)
