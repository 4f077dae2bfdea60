"""The simulated arm on a clock that the test owns; on the wall clock, and all nodes on it."""

import signal

import numpy as np
import pytest
import yaml
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from helpers.graph import TOPIC, Probe, value_of
from helpers.robots import scripted_bundle
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

from robot_learning.base.paths import config_dir
from robot_learning.envs import ArmEnv
from robot_learning.nodes.clock import nanoseconds_of
from robot_learning.nodes.messages import to_duration

STEP = 8_000_000  # ns between two joint states
TICK = 5 * STEP
FINGERS = ["panda_finger_joint1", "panda_finger_joint2"]


class Simulated(Probe):
    """A probe beside a simulated arm that follows the probe's clock."""

    def __init__(self, robot="arm6"):
        super().__init__(robot)
        self.now = 100 * 10**9
        self.states = []
        self.node.create_subscription(JointState, "/joint_states", self.states.append, 1000)

    def begin(self, **parameters):
        """Start the simulation and wait for its first state."""
        self.start("sim_node", robot=str(self.spec.path), use_sim_time=True, **parameters)
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

    def q(self, joints=()):
        """Return the last measured positions, in the order of ``joints`` or the robot's."""
        last = self.states[-1]
        joints = joints or self.spec.joints
        return np.array([last.position[last.name.index(joint)] for joint in joints])


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


def point(positions, seconds=0.0):
    """Return a point of a trajectory."""
    made = JointTrajectoryPoint(positions=[float(value) for value in positions])
    to_duration(made.time_from_start, seconds)
    return made


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


@pytest.fixture(scope="module")
def scene():
    """A Panda in the scene of pick_and_place, with all that it says of the object."""
    graph = Simulated("panda")
    try:
        graph.poses = []
        topic = "/sim_node/objects/object"
        graph.node.create_subscription(PoseStamped, topic, graph.poses.append, 1000)
        graph.begin(task="pick_and_place", seed=3)
        graph.wait(lambda: graph.poses, graph.tick)
        yield graph
    finally:
        graph.close()


@pytest.fixture(scope="module")
def env():
    env = ArmEnv("panda", "pick_and_place")
    yield env
    env.close()


def reset(scene, env, seed):
    """Begin the episode of a seed on both sides."""
    assert scene.set_parameter("/sim_node", "seed", seed).successful
    told = scene.call(Trigger, "/sim_node/reset")
    assert told.success and told.message == f"pick_and_place, seed {seed}"
    env.reset(seed=seed)
    scene.run(0.04)


def place_of(pose):
    at, turn = pose.pose.position, pose.pose.orientation
    return np.array([at.x, at.y, at.z, turn.x, turn.y, turn.z, turn.w])


def test_a_reset_begins_the_environments_episode_of_the_seed(scene, env):
    reset(scene, env, 7)
    np.testing.assert_allclose(scene.q(), env.state.q, atol=1e-4)
    np.testing.assert_allclose(scene.q(FINGERS), 0.04, atol=1e-3)
    scene.wait(lambda: stamp(scene.poses[-1]) == stamp(scene.states[-1]))
    pose = scene.poses[-1]
    wanted = env.world.objects.poses()["object"]
    np.testing.assert_allclose(place_of(pose), wanted, atol=1e-3)
    assert pose.header.frame_id == "panda_link0" and abs(wanted[5]) > 1e-2
    assert "pick_and_place, seed 3;" in scene.words()
    assert scene.call(Trigger, "/sim_node/reset").message == "pick_and_place, seed 8"


def test_the_fingers_do_what_their_controller_is_told(scene, env):
    reset(scene, env, 1)
    out = scene.publisher(JointTrajectory, "/gripper_controller/joint_trajectory")
    both = JointTrajectory(joint_names=FINGERS[::-1], points=[point([0.02, 0.02], 0.2)])
    out.publish(both)
    scene.run(0.6)
    np.testing.assert_allclose(scene.q(FINGERS), 0.02, atol=1e-3)
    out.publish(JointTrajectory(joint_names=FINGERS[1:], points=[point([0.04])]))
    scene.wait(lambda: "gripper: command rejected: joint 'panda_finger_joint1'" in scene.words())
    out.publish(JointTrajectory(joint_names=FINGERS[:1], points=[point([0.03])]))
    scene.run(0.6)
    np.testing.assert_allclose(scene.q(FINGERS), 0.03, atol=1e-3)


def test_the_box_is_grasped_and_lifted(scene, env):
    reset(scene, env, 2)
    table, box = env.task.table, env.world.objects.positions()["object"]
    q, ways = env.state.q, []
    for height in (0.15, box[2], 0.15):
        q = table.configuration(table.above(box[:2], height), q, attempts=20)
        ways.append(point(q, len(ways) % 2 + 1.0))
    arm = scene.publisher(JointTrajectory, TOPIC)
    arm.publish(JointTrajectory(joint_names=scene.spec.joints, points=ways[:2]))
    scene.run(2.2)
    gripper = scene.publisher(JointTrajectory, "/gripper_controller/joint_trajectory")
    gripper.publish(JointTrajectory(joint_names=FINGERS[:1], points=[point([0.0])]))
    scene.run(0.6)
    np.testing.assert_allclose(scene.q(FINGERS), 0.0225, atol=4e-3)
    arm.publish(JointTrajectory(joint_names=scene.spec.joints, points=ways[2:]))
    scene.run(1.4)
    assert place_of(scene.poses[-1])[2] > 0.1


def test_fingers_that_are_joints_of_the_arms_controller(tmp_path):
    data = yaml.safe_load((config_dir() / "robots/panda.yaml").read_text())
    data["gripper"]["controller"] = {"topic": TOPIC.lstrip("/")}
    file = tmp_path / "panda.yaml"
    file.write_text(yaml.safe_dump(data))
    graph = Simulated(str(file))
    try:
        graph.begin(task="pick_and_place")
        out = graph.publisher(JointTrajectory, TOPIC)
        target = graph.q() + 0.02
        arm = JointTrajectory(joint_names=list(graph.spec.joints), points=[point(target, 0.2)])
        out.publish(arm)
        graph.wait(lambda: "arm: command rejected: joint 'panda_finger_joint1'" in graph.words())
        names, positions = [*graph.spec.joints, *FINGERS], [*target, 0.01, 0.01]
        out.publish(JointTrajectory(joint_names=names, points=[point(positions, 0.2)]))
        graph.run(0.8)
        np.testing.assert_allclose(graph.q(), target, atol=3e-3)
        np.testing.assert_allclose(graph.q(FINGERS), 0.01, atol=1e-3)
    finally:
        graph.close()


@pytest.mark.wall_clock
def test_what_a_shift_makes_late_noisy_and_lost(graph, tmp_path):
    file = tmp_path / "shift.yaml"
    file.write_text("observation_latency: 3\ndropped: 0.4\njoint_noise: 0.01\n")
    clock, ages = [], []
    graph.listen(Clock, "/clock", heard=lambda told: clock.append(nanoseconds_of(told.clock)))
    graph.node.create_subscription(
        JointState, "/joint_states", lambda state: ages.append(clock[-1] - stamp(state)), 100
    )
    graph.start("sim_node", robot="arm6", publish_clock=True, shift=str(file))
    graph.wait(lambda: len(graph.states) > 200)
    stamps = [stamp(state) for state in graph.states[50:]]
    share = (len(stamps) - 1) * STEP / (stamps[-1] - stamps[0])
    assert 0.45 < share < 0.75
    assert min(ages[50:]) >= 3 * TICK - 2 * STEP
    assert np.std([state.position[0] for state in graph.states[50:]]) > 0.005


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"task": "pusj"}, "error: task 'pusj': no such file"),
        ({"task": "pick_and_place"}, "describes no gripper"),
        ({"shift": "wild"}, "error: shift 'wild': no such file"),
        ({"controller_type": "effort"}, "controller_type 'effort': expected one of"),
    ],
)
def test_what_is_not_there_is_one_line(graph, wrong, words):
    assert graph.ends(graph.start("sim_node", robot="arm6", **wrong)) == 1
    said = graph.words().splitlines()
    assert len(said) == 1 and words in said[0]


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
