"""Both engines have the friction that the specifications say: Coulomb's, by the product."""

import numpy as np
import pytest

from robot_learning.base.objects import ObjectSpec
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import Start
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import BulletWorld
from robot_learning.worlds.bullet.server import bullet
from robot_learning.worlds.mujoco import MujocoWorld
from robot_learning.worlds.variation import Variation

GRAVITY = 9.81  # m/s²
WORLDS = [BulletWorld, MujocoWorld]


@pytest.fixture(scope="module")
def panda():
    return RobotSpec.load("panda")


def make(kind, spec, item, floor=1.0, gripper=False):
    options = {"physics_dt": 0.008} if kind is BulletWorld else {}
    return kind(spec, [item], floor_friction=floor, gripper=gripper, **options)


def wait(world, spec, periods, opening=None):
    """Return where the box is after some control periods at home."""
    for _ in range(periods):
        seen = world.step(Trajectory.rest(spec.home), spec.control_period, opening)
    return seen.inputs["object"].value


def on_the_floor(spec, item, yaw=0.0):
    place = np.array([0.4, -0.3, spec.safety.floor + item.height / 2])
    return Start(spec.home, places={"object": (place, yaw)})


def fling(world, velocity):
    if isinstance(world, BulletWorld):
        body, client = world.objects._bodies["object"], world.server.client
        bullet.resetBaseVelocity(body, velocity, [0, 0, 0], physicsClientId=client)
    else:
        at = world._model.jnt_dofadr[world._objects["object"].id]
        world._data.qvel[at : at + 3] = velocity


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize(
    ("item", "floor", "speed"),
    [
        (ObjectSpec("object", 0.06, 0.03, 0.1, 1.0), 0.05, 0.6),
        (ObjectSpec("object", 0.05, 0.05, 0.3, 0.5), 0.5, 1.0),
    ],
)
def test_a_sliding_box_stops_where_coulomb_says(kind, panda, item, floor, speed):
    world = make(kind, panda, item, floor)
    distance = speed**2 / (2 * item.friction * floor * GRAVITY)
    for turned, heading in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.4)):
        ahead = np.array([-np.sin(heading), np.cos(heading), 0.0])
        world.reset(on_the_floor(panda, item, turned))
        before = wait(world, panda, 5)
        fling(world, speed * ahead)
        moved = wait(world, panda, 40) - before
        np.testing.assert_allclose(moved, distance * ahead, atol=0.03 * distance)


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize(("share", "slides"), [(0.8, False), (1.2, True)])
def test_a_box_slides_down_what_is_steeper_than_its_friction(kind, panda, share, slides):
    item = ObjectSpec("object", 0.06, 0.03, 0.1, 0.5)
    world, angle = make(kind, panda, item, 0.5), share * np.arctan(0.25)
    world.vary(Variation(gravity_tilt=angle), np.random.default_rng(0))
    world.reset(on_the_floor(panda, item))
    before = wait(world, panda, 5)
    moved = np.linalg.norm(wait(world, panda, 25) - before)
    assert moved > 0.1 if slides else moved < 1e-3


@pytest.mark.parametrize("kind", WORLDS)
@pytest.mark.parametrize(("share", "falls"), [(0.8, False), (1.2, True)])
def test_a_gripper_holds_what_its_force_can(kind, panda, share, falls):
    """Two fingers hold up to twice their force times the friction, and it does not creep out."""
    gripper, friction = panda.gripper, 0.3
    mass = share * 2 * friction * gripper.force / GRAVITY
    item = ObjectSpec("object", 0.045, 0.045, mass, friction)
    world = make(kind, panda, item, gripper=True)
    tip = ArmModel(panda).forward(panda.home)[:3, 3]
    world.reset(Start(panda.home, opening=0.6, places={"object": (tip, 0.0)}))
    before = wait(world, panda, 10, 0.0)
    after = wait(world, panda, 25, 0.0)
    if falls:
        assert after[2] < tip[2] - 0.1
    else:
        np.testing.assert_allclose(after, before, atol=1e-3)
