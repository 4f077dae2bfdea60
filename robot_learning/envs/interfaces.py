"""The interface that a policy of an environment has."""

from robot_learning.base.errors import ConfigError
from robot_learning.policy import Interface
from robot_learning.policy.terms import TERMS
from robot_learning.robot import RobotSpec
from robot_learning.tasks import Task


def task_interface(
    task: Task, robot: RobotSpec, action_mode: str, goal_terms: bool = True
) -> Interface:
    """Return the interface that a task suggests for a robot."""
    return Interface(
        joints=robot.joints,
        action_mode=action_mode,
        gripper=task.gripper,
        achieved=task.achieved,
        desired=task.desired,
        observed=tuple(name for name in task.observed if goal_terms or not TERMS[name].of_goal),
        control_period=robot.control_period,
        policy_every=robot.policy_every,
        tolerance=task.tolerance,
    )


def check_interface(interface: Interface, robot: RobotSpec) -> None:
    """Refuse the interface of another arm, or of another rate.

    Raises:
        ConfigError: naming what differs.
    """
    for name in ("joints", "control_period", "policy_every"):
        theirs, own = getattr(interface, name), getattr(robot, name)
        if theirs != own:
            raise ConfigError(f"interface.{name}: {theirs}, but {robot.path} has {own}")
