"""MuJoCo's world beside Bullet's."""

import functools
import re

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from helpers.processes import output

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import Start
from robot_learning.envs import ArmEnv, CameraObservation
from robot_learning.evaluation.rollout import rollout
from robot_learning.experts.expert import expert_action
from robot_learning.safety import SafetyFilter
from robot_learning.tasks import TASKS
from robot_learning.worlds.mujoco import MujocoWorld
from robot_learning.worlds.variation import NAMES, Randomization, Variation

EVERY = sorted(TASKS)
WORLDS = ("bullet", "mujoco")


def test_an_arm_comes_to_rest_wherever_it_is(spec):
    """Damping that is integrated explicitly diverges where a joint moves less than at home."""
    world, rng = MujocoWorld(spec), np.random.default_rng(0)
    free = SafetyFilter(spec).is_free
    places = rng.uniform(spec.soft_lower, spec.soft_upper, (200, spec.n))
    for q in [spec.home, *[q for q in places if free(q)][:8]]:
        world.reset(Start(q))
        for _ in range(8):
            seen = world.step(Trajectory.rest(q + 1e-3), spec.control_period)
        np.testing.assert_allclose(seen.state.q, q + 1e-3, atol=3e-4)
        np.testing.assert_allclose(seen.state.qd, 0.0, atol=1e-2)
        assert seen.state.stamp == pytest.approx(8 * spec.control_period)


def test_joints_follow_but_not_at_once(spec):
    world, period = MujocoWorld(spec), spec.control_period
    world.reset(Start(spec.home))
    speed = np.zeros(spec.n)
    speed[0] = 0.2 * spec.velocity[0]
    behind = []
    for k in range(8):
        q = spec.home + speed * period * np.array([[k], [k + 1]])
        motion = Trajectory(np.array([0.0, period]), q, np.array([speed, speed]))
        behind.append(q[1, 0] - world.step(motion, period).state.q[0])
    assert behind[0] > 0.02 * speed[0] * period
    assert abs(behind[-1]) < behind[0] and abs(behind[-1]) < spec.tracking_error[0]


@pytest.mark.parametrize("task", EVERY)
@pytest.mark.parametrize("world", WORLDS)
def test_the_checker_passes(world, task):
    env = ArmEnv("panda", task, world=world)
    check_env(env, skip_render_check=True)
    env.close()


@pytest.mark.parametrize("task", EVERY)
def test_an_episode_starts_as_in_bullet(task):
    there, here = (ArmEnv("panda", task, world=world) for world in WORLDS)
    for seed in range(3):
        there.reset(seed=seed)
        here.reset(seed=seed)
        np.testing.assert_allclose(here.state.q, there.state.q, atol=1e-12)
        np.testing.assert_array_equal(here.state.qd, there.state.qd)
        assert set(here.inputs) == set(there.inputs)
        for name, item in here.inputs.items():
            np.testing.assert_allclose(item.value, there.inputs[name].value, atol=1e-12)
    there.close()


@pytest.mark.parametrize("task", EVERY)
@pytest.mark.parametrize("world", WORLDS)
def test_equal_seeds_and_actions_make_equal_episodes(world, task):
    first, second = (ArmEnv("panda", task, world=world) for _ in range(2))
    second.reset(seed=4)
    second.step(second.action_space.sample())
    seen = [env.reset(seed=3)[0] for env in (first, second)]
    for _ in range(10):
        for name, value in seen[0].items():
            np.testing.assert_array_equal(value, seen[1][name])
        action = first.action_space.sample()
        seen = [env.step(action)[0] for env in (first, second)]
    first.close()
    second.close()


@pytest.mark.parametrize("task", ["reach", "push", "pick_and_place"])
def test_the_expert_solves_what_no_policy_was_trained_in(task):
    found = rollout(ArmEnv("panda", task, world="mujoco"), expert_action, 5, seed=100)
    assert found.success_rate >= 0.8


def end_of(shift, task="push", steps=30):
    """Return the joints and the box after an episode of the expert under a shift."""
    env = ArmEnv("panda", task, world="mujoco", shift=Randomization(shift) if shift else None)
    env.reset(seed=5)
    for _ in range(steps):
        env.step(expert_action(env))
    return np.concatenate([env.state.q, env.inputs["object"].value])


@functools.cache
def unshifted():
    return end_of({})


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"camera_offset"}))
def test_each_value_of_a_shift_file_makes_a_difference(name):
    values = {"gravity_tilt": 0.1, "motor_force": 0.05}
    value = values.get(name, 2.0 if "latency" in name else 0.5)
    shifted = end_of({name: value})
    assert not np.array_equal(unshifted(), shifted)
    np.testing.assert_array_equal(shifted, end_of({name: value}))


def test_a_variation_leaves_nothing_behind():
    env, rng = ArmEnv("panda", "push", world="mujoco"), np.random.default_rng(0)
    found = []
    for variation in (Variation(), Variation(link_mass=2.0, payload=1.0, friction=0.2)):
        env.world.vary(variation, rng)
        env.world.vary(Variation(), rng)
        env.reset(seed=1)
        found.append([env.step(np.full(3, 0.3))[0]["observation"] for _ in range(10)])
    np.testing.assert_array_equal(*found)


def test_it_needs_no_pybullet():
    code = (
        "import sys; sys.modules['pybullet'] = None\n"
        "from robot_learning.envs import ArmEnv\n"
        "env = ArmEnv('arm6', 'push', world='mujoco')\n"
        "env.reset(seed=0)\n"
        "print(len(env.step(env.action_space.sample())))\n"
    )
    assert output(code).strip() == "5"


def test_pictures_show_what_bullets_show():
    seen = {}
    for world in WORLDS:
        env = ArmEnv("panda", "push", world=world, render_mode="rgb_array")
        env.reset(seed=0)
        assert env.render().shape == (480, 640, 3)
        seen[world] = env.world.look(env.camera)
        env.world.hide_marks()
        assert env.world.look(env.camera).segmentation.max() == 3
        env.close()
    here, there = seen["mujoco"], seen["bullet"]
    for name in ("rgb", "depth", "segmentation"):
        ours, theirs = getattr(here, name), getattr(there, name)
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
    same = here.segmentation == there.segmentation
    assert same.mean() > 0.97  # its links are hulls
    assert set(np.unique(here.segmentation)) == {0, 1, 2, 3, 4}
    for number in (3, 4):  # the box, the goal
        ours, theirs = here.segmentation == number, there.segmentation == number
        assert (ours & theirs).sum() > 0.7 * (ours | theirs).sum()
    np.testing.assert_allclose(here.depth[same].mean(), there.depth[same].mean(), atol=0.01)
    off = np.abs(here.depth - there.depth)[same & (here.segmentation == 3)]
    assert off.max() < 0.01
    assert np.ptp(here.rgb[here.segmentation[..., 0] == 3].mean(axis=0)) > 50  # it is orange


def test_a_camera_wrapper_sees_it():
    env = CameraObservation(ArmEnv("panda", "push", world="mujoco"), ("rgb", "depth"))
    check_env(env, skip_render_check=True)
    env.close()


@pytest.mark.parametrize(
    ("backend", "named"),
    [("off", "no OpenGL to draw with: .* apt install libegl1"), ("none-such", "unset MUJOCO_GL")],
)
def test_without_opengl_one_line_names_the_way_out(backend, named):
    code = (
        f"import os; os.environ['MUJOCO_GL'] = '{backend}'\n"
        "from robot_learning.envs import ArmEnv\n"
        "try:\n"
        "    env = ArmEnv('arm6', world='mujoco', render_mode='rgb_array')\n"
        "    env.reset(seed=0)\n"
        "    env.render()\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    assert re.fullmatch(f"ConfigError world 'mujoco': .*{named}.*\n", output(code))


def test_without_a_display_there_is_no_window(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    with pytest.raises(ConfigError, match="DISPLAY is not set"):
        ArmEnv("arm6", world="mujoco", render_mode="human")


def test_there_is_no_other_engine():
    with pytest.raises(ConfigError, match="world 'gazebo': expected one of bullet, mujoco"):
        ArmEnv("arm6", world="gazebo")
