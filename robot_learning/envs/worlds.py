"""The worlds that an environment can be asked for by name."""

import os
from collections.abc import Callable

from robot_learning.base.errors import ConfigError
from robot_learning.base.extras import require
from robot_learning.robot import RobotSpec
from robot_learning.tasks import Task
from robot_learning.worlds.world import World


def bullet(robot: RobotSpec, task: Task, gui: bool) -> World:
    """Return the arm and the task's objects in PyBullet."""
    from robot_learning.worlds.bullet import BulletWorld

    return BulletWorld(
        robot,
        task.objects,
        gripper=task.gripper,
        floor_friction=task.floor_friction,
        physics_dt=task.physics_dt,
        gui=gui,
    )


def mujoco(robot: RobotSpec, task: Task, gui: bool) -> World:
    """Return the same in MuJoCo, which no policy was trained in."""
    require("mujoco", "world 'mujoco'")
    try:
        from robot_learning.worlds.mujoco import MujocoWorld
    except (AttributeError, ImportError, RuntimeError) as error:
        wanted = os.environ.get("MUJOCO_GL", "")
        raise ConfigError(
            f"world 'mujoco': it can't be loaded with MUJOCO_GL={wanted}: {error}; unset MUJOCO_GL"
        ) from error
    return MujocoWorld(
        robot,
        task.objects,
        gripper=task.gripper,
        floor_friction=task.floor_friction,
        gui=gui,
    )


def ros(robot: RobotSpec, task: Task, gui: bool) -> World:
    """Return the arm on ROS 2 topics, real or a ``sim_node``."""
    require("ros", "world 'ros'")
    if gui:
        raise ConfigError("world 'ros': has no window; start sim_node with -p gui:=true")
    from robot_learning.worlds.ros import RosWorld

    return RosWorld(robot, task.objects, gripper=task.gripper)


WORLDS: dict[str, Callable[[RobotSpec, Task, bool], World]] = {
    "bullet": bullet,
    "mujoco": mujoco,
    "ros": ros,
}


def make_world(name: str, robot: RobotSpec, task: Task, gui: bool = False) -> World:
    """Return a world by its name.

    Args:
        name: a key of :data:`WORLDS`.
        robot: the arm.
        task: what it is to do.
        gui: open the world's own window.

    Raises:
        ConfigError: where there is no such world.
    """
    if name not in WORLDS:
        raise ConfigError(f"world '{name}': expected one of {', '.join(WORLDS)}")
    return WORLDS[name](robot, task, gui)
