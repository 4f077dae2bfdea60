import numpy as np
import pytest

from robot_learning.base.trajectory import Trajectory
from robot_learning.worlds.bullet import BulletArm, Server, look
from robot_learning.worlds.camera import Camera


@pytest.fixture
def world():
    world = Server()
    yield world
    world.close()


def swing(spec, t):
    """A motion of all joints that starts and ends at rest, 0.1 rad wide."""
    s = t / t[-1]
    q = spec.home + 0.1 * (3 * s**2 - 2 * s**3)[:, None]
    qd = 0.1 * (6 * s - 6 * s**2)[:, None] / t[-1] * np.ones(spec.n)
    return Trajectory(t, q, qd)


def test_it_follows_a_trajectory(world, spec):
    arm = BulletArm(world, spec)
    arm.reset(spec.home)
    motion = swing(spec, np.linspace(0, 0.8, 21))
    state = None
    for start in np.arange(0, 0.8, 0.04):
        state = arm.step(motion.tail(start), 0.04)
        wanted, _ = motion.sample(start + 0.04)
        assert np.abs(state.q - wanted).max() < 2e-4
    assert state.stamp == pytest.approx(0.8)


@pytest.mark.parametrize("physics_dt", [0.004, 0.02])
def test_it_neither_leads_nor_lags(physics_dt, arm6):
    world = Server(physics_dt=physics_dt)
    arm = BulletArm(world, arm6)
    arm.reset(arm6.home)
    times, speed = np.array([0.0, 0.4, 2.0]), np.zeros(arm6.n)
    speed[0] = 0.5
    q = arm6.home + speed * np.array([0.0, 0.1, 0.9])[:, None] / 0.5
    motion = Trajectory(times, q, np.array([0 * speed, speed, speed]))
    for start in np.arange(0, 1.0, 0.04):
        state = arm.step(motion.tail(start), 0.04)
    assert abs(state.q[0] - motion.sample(1.0)[0][0]) < 1e-4
    assert abs(state.qd[0] - 0.5) < 1e-3
    world.close()


def test_it_repeats_exactly(spec):
    def run():
        world = Server()
        arm = BulletArm(world, spec)
        arm.reset(spec.home)
        motion = swing(spec, np.linspace(0, 0.4, 11))
        states = [arm.step(motion.tail(t), 0.04) for t in np.arange(0, 0.4, 0.04)]
        world.close()
        return np.array([[state.q, state.qd] for state in states])

    np.testing.assert_array_equal(run(), run())


def test_an_episode_does_not_see_the_one_before(world, spec):
    arm = BulletArm(world, spec)

    def run():
        arm.reset(spec.home)
        return arm.step(swing(spec, np.linspace(0, 0.4, 11)), 0.2).q

    first = run()
    np.testing.assert_allclose(run(), first, atol=1e-9)


def test_it_stays_where_it_is_put(world, spec):
    arm = BulletArm(world, spec)
    arm.reset(spec.home)
    state = arm.step(Trajectory.rest(spec.home), 1.0)
    np.testing.assert_allclose(state.q, spec.home, atol=2e-3)


def test_a_picture_shows_the_arm_and_the_marker(world, spec):
    camera = Camera(np.array([0.2, 0.0, 0.35]), 1.5, 96, 72)
    before = look(world, camera).rgb
    BulletArm(world, spec).reset(spec.home)
    with_arm = look(world, camera).rgb
    world.set_marker("goal", [0.4, 0.2, 0.3], 0.05)
    with_goal = look(world, camera).rgb
    world.hide_markers()
    assert before.shape == (72, 96, 3) and before.dtype == np.uint8
    assert (before != with_arm).any() and (with_arm != with_goal).any()
    np.testing.assert_array_equal(look(world, camera).rgb, with_arm)
