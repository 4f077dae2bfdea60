"""The interface that a policy of an environment has."""

from collections.abc import Sequence

from robot_learning.base.errors import ConfigError
from robot_learning.policy import Interface
from robot_learning.policy.terms import TERMS
from robot_learning.robot import RobotSpec
from robot_learning.tasks import Task


def task_interface(
    task: Task,
    robot: RobotSpec,
    action_mode: str,
    goal_terms: bool = True,
    observed: Sequence[str] | None = None,
) -> Interface:
    """Return the interface that a task suggests for a robot.

    Args:
        task: what is to be done.
        robot: the arm.
        action_mode: what an action asks for.
        goal_terms: whether terms that depend on the goal stay.
        observed: names of terms in place of the task's own.

    Raises:
        ConfigError: naming a term that there is not, is there already or may not be.
    """
    shown = [name for name in task.observed if goal_terms or not TERMS[name].of_goal]
    for name in observed or ():
        if name in TERMS and TERMS[name].of_goal and not goal_terms:
            raise ConfigError(
                f"observation term '{name}': depends on the goal; leave it out where goal "
                "features are left out or replayed in hindsight"
            )
    return Interface(
        joints=robot.joints,
        action_mode=action_mode,
        gripper=task.gripper,
        achieved=task.achieved,
        desired=task.desired,
        observed=tuple(observed or shown),
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
