"""A block with a hole is the same to both engines."""

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

BLOCK = ObjectSpec("block", width=0.1, height=0.03, mass=2.0, friction=1.0, hole=0.025)


@pytest.mark.parametrize("kind", [BulletWorld, MujocoWorld])
@pytest.mark.parametrize(
    ("width", "aside", "turn", "height"),
    [
        (0.02, 0.0, 0.3, 0.0),  # through the hole onto the floor
        (0.024, 0.0, 0.3, 0.0),
        (0.03, 0.0, 0.3, 0.03),  # too wide for it
        (0.02, 0.035, 0.0, 0.03),  # beside it
    ],
)
def test_what_falls_on_a_hole_falls_through_where_it_is_narrower(kind, width, aside, turn, height):
    spec = RobotSpec.load("panda")
    peg = ObjectSpec("object", width=width, height=0.04, mass=0.1, friction=0.5)
    world = kind(spec, [peg, BLOCK], **({"physics_dt": 0.008} if kind is BulletWorld else {}))
    middle = np.array([0.5, 0.1, 0.0])
    across = aside * np.array([np.cos(turn), np.sin(turn), 0.0])
    over = middle + across + [0, 0, 0.052]
    places = {"object": (over, turn), "block": (middle + [0, 0, 0.015], turn)}
    world.reset(Start(spec.home, places=places))
    for _ in range(20):
        seen = world.step(Trajectory.rest(spec.home), spec.control_period)
    fallen = seen.inputs["object"].value
    np.testing.assert_allclose(fallen, middle + across + [0, 0, height + 0.02], atol=1.5e-3)
    np.testing.assert_allclose(seen.inputs["block"].value[:2], middle[:2], atol=1e-3)
    world.close()


@pytest.mark.parametrize(("gap", "alone"), [(0.01, False), (0.05, True)])
def test_physics_steps_are_long_while_the_arm_is_near_nothing(gap, alone):
    spec = RobotSpec.load("panda")
    x, y, top = ArmModel(spec).forward(spec.home)[:3, 3]
    tall = ObjectSpec(
        "object", width=0.1, height=top - spec.safety.floor - gap, mass=1.0, friction=1
    )
    world = BulletWorld(spec, [tall], physics_dt=0.008)
    place = np.array([x, y, spec.safety.floor + tall.height / 2])
    world.reset(Start(spec.home, places={"object": (place, 0.0)}))
    taken = []
    for number in range(60):
        if number == 15:
            client = {"physicsClientId": world.server.client}
            bullet.resetBaseVelocity(world.objects._bodies["object"], [0.0, 0.1, 0.0], **client)
        seen = world.step(Trajectory.rest(spec.home), spec.control_period)
        taken.append(world.server.physics_dt)
    assert np.abs(seen.inputs["object"].value - place)[:2].max() < 0.04
    assert taken[0] == taken[15] == pytest.approx(0.008)
    assert taken[14] == taken[-1] == pytest.approx(0.02 if alone else 0.008)
    world.close()
