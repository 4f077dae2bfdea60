import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from helpers.envs import FakeArm

from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv, CameraObservation
from robot_learning.worlds.camera import Camera
from robot_learning.worlds.variation import Randomization

KINDS = ("rgb", "depth", "segmentation")


@pytest.fixture
def env():
    env = CameraObservation(ArmEnv(robot="panda", task="push"), KINDS)
    yield env
    env.close()


def test_the_checker_passes(env):
    check_env(env, skip_render_check=True)


def test_pictures_show_floor_arm_and_box(env):
    observation, _ = env.reset(seed=0)
    assert observation["rgb"].shape == (84, 84, 3) and observation["depth"].shape == (84, 84, 1)
    assert set(np.unique(observation["segmentation"])) >= {1, 2, 3}
    distance = env.camera.distance
    arm = observation["depth"][observation["segmentation"] == 2]
    assert distance - 0.8 < arm.min() < arm.max() < distance + 0.8
    assert observation["depth"].max() <= 10.0


def test_a_box_is_where_the_camera_sees_it(env):
    env.reset(seed=0)
    box = env.unwrapped.world.objects.positions()["object"]
    above = Camera(box, 1.0, 84, 84, pitch=-89.9)
    observation, _ = CameraObservation(env.unwrapped, ("segmentation",), above).reset(seed=0)
    rows, columns, _ = np.nonzero(observation["segmentation"] == 3)
    assert abs(rows.mean() - 41.5) < 3 and abs(columns.mean() - 41.5) < 3


def test_the_goal_is_not_seen():
    shown = ArmEnv(robot="panda", task="push", render_mode="rgb_array")
    env = CameraObservation(shown)
    env.reset(seed=0)
    before = env.step(np.zeros(3))[0]["rgb"]
    assert (shown.render() != 0).any()
    plain = CameraObservation(ArmEnv(robot="panda", task="push"))
    plain.reset(seed=0)
    np.testing.assert_array_equal(plain.step(np.zeros(3))[0]["rgb"], before)
    after = env.step(np.zeros(3))[0]["rgb"]
    np.testing.assert_array_equal(plain.step(np.zeros(3))[0]["rgb"], after)
    env.close()
    plain.close()


def test_a_shifted_camera_stands_elsewhere_in_each_episode():
    shift = Randomization({"camera_offset": 0.05})
    env = CameraObservation(ArmEnv(robot="arm6", shift=shift), ("depth",))
    first, again, other = (env.reset(seed=seed)[0]["depth"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    env.close()


def test_what_cannot_be_seen_is_refused():
    with pytest.raises(ConfigError, match="infrared.*rgb, depth"):
        CameraObservation(ArmEnv(robot="arm6"), ["infrared"])
    with pytest.raises(ConfigError, match="simulated"):
        CameraObservation(ArmEnv(robot="arm6", world=FakeArm()))
