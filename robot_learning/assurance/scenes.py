"""Something to run into, put where a robot at home has room."""

import numpy as np

from robot_learning.base.errors import ConfigError
from robot_learning.geometry.bodies import ArmBodies
from robot_learning.geometry.shapes import shape_of
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid

DRAWS = 1000
ROOM = 0.06  # m between a solid and the arm at home


def around(spec: RobotSpec, seed: int) -> list[Solid]:
    """Return a box, a ball, and a post near a robot; the same ones for the same seed.

    Raises:
        ConfigError: where there is no room for them.
    """
    rng, arm, found = np.random.default_rng(seed), ArmBodies(spec), []
    reach = 0.8 * float(arm.lever(len(arm.bodies) - 1).max())
    tip = ArmModel(spec).forward(spec.home)[:3, 3]
    moving = [i for i, body in enumerate(arm.bodies) if body.link > 0]
    for shape in (
        {"name": "box", "box": (0.3 * reach, 0.4 * reach, 0.1 * reach)},
        {"name": "ball", "sphere": 0.1 * reach},
        {"name": "post", "capsule": (0.06 * reach, 0.6 * reach)},
    ):
        for _ in range(DRAWS):
            xyz = tip * [1, 1, 0.5] + rng.uniform(-0.6, 0.6, 3) * reach
            solid = Solid(**shape, xyz=tuple(xyz), rpy=tuple(rng.uniform(-0.5, 0.5, 3)))
            made = shape_of(solid)
            if xyz[2] > 0 and all(arm.distance(i, made, spec.home) > ROOM for i in moving):
                found.append(solid)
                break
        else:
            raise ConfigError(
                f"{spec.path}: home: no place for a {shape['name']} is {ROOM} m from the arm "
                f"and within {reach:.2f} m; give a home further from the floor"
            )
    return found
