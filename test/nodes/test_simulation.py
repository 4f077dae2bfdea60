"""What sim_node simulates, without ROS."""

import numpy as np
import pytest

from robot_learning.base.errors import StateError
from robot_learning.base.paths import find_bundle
from robot_learning.base.trajectory import Trajectory
from robot_learning.envs import ArmEnv
from robot_learning.nodes.simulation import Simulation, load_scene
from robot_learning.robot import RobotSpec
from robot_learning.worlds.variation import Randomization

RATE = 125.0


def run(simulation, now, seconds):
    """Let time pass; return the time then, and what was measured meanwhile, each with its time."""
    heard = []
    for _ in range(round(seconds * RATE)):
        for _ in range(simulation.every):
            simulation.step(now)
            now += simulation.dt
        heard.append((now, simulation.measure(now)))
    return now, heard


def simulated(spec, task="", **shift):
    scene = load_scene(spec, task)
    made = Simulation(spec, scene, Randomization(shift) if shift else None, RATE)
    made.begin(0, 0.0)
    return made


@pytest.fixture(scope="module")
def panda():
    return RobotSpec.load("panda")


@pytest.mark.parametrize("seed", [0, 7])
def test_an_episode_is_the_environments_with_that_seed(panda, seed):
    env = ArmEnv("panda", "stack", shift="mild")
    env.reset(seed=seed)
    simulation = Simulation(panda, load_scene(panda, "stack"), env._shifts, RATE)
    simulation.begin(seed, 0.0)
    found = simulation.world
    np.testing.assert_array_equal(found.arm.state().q, env.world.arm.state().q)
    assert found.arm.opening == env.world.arm.opening > 0.9
    for name, pose in env.world.objects.poses().items():
        np.testing.assert_array_equal(found.objects.poses()[name], pose)
    assert simulation._sensing.variation == env.variation
    env.close()


def test_it_moves_as_the_environments_world_does(panda):
    simulation = simulated(panda, "pick_and_place")
    env = ArmEnv("panda", "pick_and_place")
    env.reset(seed=0)
    q = env.world.arm.state().q
    motion = Trajectory(np.array([0.0, 0.4]), np.array([q, q + 0.05]), np.zeros((2, panda.n)))
    now = 3.0
    simulation.send(simulation.arm_controller, motion, now, now)
    closed = Trajectory.rest(np.zeros(1))
    simulation.send(simulation.gripper_controller, closed, now, now)
    _, heard = run(simulation, now, 0.4)
    dt = simulation.dt  # of which each is a physics step, which may be longer in the environment
    for k in range(round(0.4 / dt)):
        truth = env.world.step(motion.tail(dt * k), dt, 0.0)
    last = heard[-1][1]
    np.testing.assert_allclose(last.state.q, truth.state.q, atol=1e-6)
    np.testing.assert_allclose(last.fingers[0], env.world.arm.fingers[0], atol=1e-6)
    np.testing.assert_allclose(last.poses["object"][:3], truth.inputs["object"].value, atol=1e-6)
    env.close()


def test_a_command_takes_effect_control_periods_late(arm6):
    simulation = simulated(arm6, action_latency=3)
    away = arm6.home + 0.02
    simulation.send(simulation.arm_controller, Trajectory.rest(away), 5.0, 5.0)
    now, heard = run(simulation, 5.0, 0.12)
    np.testing.assert_allclose(heard[-1][1].state.q, arm6.home, atol=1e-3)
    _, heard = run(simulation, now, 0.12)
    np.testing.assert_allclose(heard[-1][1].state.q, away, atol=5e-3)


def test_measurements_come_late_with_their_old_stamps_and_some_never(panda):
    simulation = simulated(panda, "push", observation_latency=2, dropped=0.4)
    _, heard = run(simulation, 5.0, 4.0)
    came = [(now, seen.state.stamp) for now, seen in heard[20:] if seen is not None]
    np.testing.assert_allclose([now - stamp for now, stamp in came], 0.08, atol=1e-9)
    assert 0.5 < len(came) / len(heard[20:]) < 0.7


def test_noise_is_on_joints_and_places_alone(panda):
    simulation = simulated(panda, "pick_and_place", joint_noise=0.01, input_noise=0.02)
    _, heard = run(simulation, 5.0, 2.0)
    heard = [seen for _, seen in heard[50:]]
    assert np.std([seen.state.q for seen in heard], axis=0) == pytest.approx(0.01, rel=0.3)
    poses = np.array([seen.poses["object"] for seen in heard])
    assert poses[:, :3].std(axis=0) == pytest.approx(0.02, rel=0.3)
    assert poses[:, 3:].std(axis=0).max() < 1e-4
    assert np.std([seen.fingers for seen in heard], axis=0).max() < 1e-4


def test_a_reset_forgets_what_was_on_its_way(arm6):
    simulation = simulated(arm6, action_latency=3)
    simulation.send(simulation.arm_controller, Trajectory.rest(arm6.home + 0.1), 5.0, 5.0)
    simulation.begin(1, 5.0)
    now, heard = run(simulation, 5.0, 0.4)
    np.testing.assert_allclose(heard[-1][1].state.q, arm6.home, atol=1e-3)
    # Who drove the arm goes on until it has noticed.
    far, near = (Trajectory.rest(arm6.home + offset) for offset in (0.5, 0.05))
    for start in (now, now + 0.02):
        with pytest.raises(StateError, match="before the reset"):
            simulation.send(simulation.arm_controller, far, start, now)
    simulation.send(simulation.arm_controller, near, now, now)
    simulation.send(simulation.arm_controller, far, now + 0.8, now)
    simulation.send(simulation.arm_controller, far, 6.0, 6.0)


def test_a_bundles_folder_stands_for_its_task(panda):
    task = load_scene(panda, str(find_bundle("panda-push")))
    assert (task.name, task.tolerance) == ("push", 0.03)
    assert load_scene(panda, "") is None
