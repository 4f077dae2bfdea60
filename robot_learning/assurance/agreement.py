"""What the engines read of a robot's files is what the others read, or it is said."""

from robot_learning.base.extras import missing
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet.arm import BulletArm
from robot_learning.worlds.bullet.reading import disagreements as in_bullet
from robot_learning.worlds.bullet.server import Server


def disagreements(spec: RobotSpec) -> list[str]:
    """Return one line for each thing that Bullet, or MuJoCo where installed, reads differently.

    Compared with Pinocchio and coal are, for each moving link, its joint's axis, frame and
    stops, its mass, centre and moments, and how far its shapes reach in 14 directions.
    """
    server = Server()
    found = in_bullet(BulletArm(server, spec, gripper=True))
    server.close()
    if not missing("mujoco"):
        from robot_learning.worlds.mujoco.building import build
        from robot_learning.worlds.mujoco.reading import disagreements as in_mujoco

        fingers = spec.gripper.joints if spec.gripper is not None else ()
        found += in_mujoco(build(spec, [], fingers, 1.0), spec, fingers)
    return found
