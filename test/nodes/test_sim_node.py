"""The simulated arm on a clock that the test owns; on the wall clock, and all nodes on it."""

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

STEP = 8_000_000  # ns between two joint states
TICK = 5 * STEP


class Simulated(Probe):
    """A probe beside a simulated arm that follows the probe's clock."""

    def __init__(self):
        super().__init__("arm6")
        self.now = 100 * 10**9
        self.states = []
        self.node.create_subscription(JointState, "/joint_states", self.states.append, 1000)

    def begin(self, **parameters):
        """Start the simulation and wait for its first state."""
        self.start("sim_node", robot="arm6", use_sim_time=True, **parameters)
        self.clock = self.publisher(Clock, "/clock")
        self.wait(lambda: self.states, self.tick)

    def tick(self, step=TICK):
        """Let the clock go on, and hear what comes meanwhile."""
        self.now += step
        message = Clock()
        message.clock.sec, message.clock.nanosec = divmod(self.now, 10**9)
        self.clock.publish(message)
        self.hear()

    def run(self, seconds):
        """Let so much time pass, s; each step waits for the arm's state of it."""
        end = self.now + round(seconds * 1e9)
        while self.now < end:
            self.tick()
            self.wait(self.caught_up, lambda: self.tick(0))

    def caught_up(self):
        """Say whether the arm's state of this time was heard."""
        return self.states and stamp(self.states[-1]) > self.now - 1.1 * STEP

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
    graph.begin()
    return graph


def stamp(message):
    return message.header.stamp.sec * 10**9 + message.header.stamp.nanosec


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
    sim.run(1.5)
    np.testing.assert_allclose(sim.q(), sim.spec.home + offset, atol=3e-3)
    sim.run(0.3)
    np.testing.assert_allclose(sim.q(), sim.spec.home + offset, atol=3e-3)


def test_a_new_trajectory_replaces_the_old(sim):
    out = sim.publisher(JointTrajectory, TOPIC)
    out.publish(message(sim.spec, np.full(sim.spec.n, 0.3)))
    sim.run(0.4)
    out.publish(message(sim.spec, np.zeros(sim.spec.n), 0.5))
    sim.run(1.2)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_a_trajectory_that_ends_moving_is_rejected(sim):
    out = sim.publisher(JointTrajectory, TOPIC)
    out.publish(message(sim.spec, np.full(sim.spec.n, 0.3), velocity=0.2))
    sim.run(0.6)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_states_come_at_their_rate_with_growing_stamps(sim):
    sim.run(0.04)
    del sim.states[:]
    sim.run(1.0)
    assert set(np.diff([stamp(state) for state in sim.states])) == {STEP}


def test_reset_and_pause(sim):
    sim.publisher(JointTrajectory, TOPIC).publish(message(sim.spec, np.full(sim.spec.n, 0.2)))
    sim.run(0.5)
    assert sim.call(SetBool, "/sim_node/pause", SetBool.Request(data=True)).success
    del sim.states[:]
    for _ in range(20):
        sim.tick()
    assert not sim.states
    assert sim.call(Trigger, "/sim_node/reset").success
    sim.call(SetBool, "/sim_node/pause", SetBool.Request(data=False))
    sim.wait(lambda: sim.states, sim.tick)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_where_the_clock_is_set_back_the_arm_stays_and_goes_on(sim):
    offset = np.full(sim.spec.n, 0.2)
    out = sim.publisher(JointTrajectory, TOPIC)
    out.publish(message(sim.spec, offset, 0.4))
    sim.run(0.6)
    sim.now -= 60 * 10**9
    del sim.states[:]
    sim.wait(lambda: sim.states and stamp(sim.states[-1]) <= sim.now, sim.tick)
    np.testing.assert_allclose(sim.q(), sim.spec.home + offset, atol=3e-3)
    out.publish(message(sim.spec, np.zeros(sim.spec.n), 0.4))
    sim.run(0.8)
    np.testing.assert_allclose(sim.q(), sim.spec.home, atol=3e-3)


def test_without_a_clock_it_says_what_it_waits_for(graph):
    graph.start("sim_node", robot="arm6", use_sim_time=True)
    graph.wait(lambda: "nobody publishes /clock: the arm stands still" in graph.words())
    assert not graph.states


def test_forward_position_controller(graph):
    graph.begin(controller_type="forward_position_controller")
    out = graph.publisher(Float64MultiArray, "/forward_position_controller/commands")
    target = graph.spec.home + 0.05
    out.publish(Float64MultiArray(data=target[:3].tolist()))
    out.publish(Float64MultiArray(data=[float("nan")] * graph.spec.n))
    graph.wait(lambda: graph.words().count("command rejected") >= 1)
    graph.run(0.3)
    np.testing.assert_allclose(graph.q(), graph.spec.home, atol=3e-3)
    out.publish(Float64MultiArray(data=target.tolist()))
    graph.wait(lambda: np.allclose(graph.q(), target, atol=3e-3), lambda: graph.run(0.1))


@pytest.mark.wall_clock
@pytest.mark.parametrize("use_sim_time", [False, True])
def test_it_publishes_the_clock_and_does_not_wait_for_it(graph, use_sim_time):
    graph.start("sim_node", robot="arm6", publish_clock=True, use_sim_time=use_sim_time)
    heard = graph.listen(Clock, "/clock")
    graph.wait(lambda: len(heard) > 10 and graph.states)
    stamps = [m.clock.sec + m.clock.nanosec * 1e-9 for m in heard]
    assert (np.diff(stamps) > 0).all()
    assert "publishes /clock" in graph.words() and "/joint_states" in graph.words()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_on_a_signal(sim, number):
    process = sim.processes["sim_node"]
    process.send_signal(number)
    assert sim.ends(process) == 0


@pytest.mark.wall_clock
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
