"""How often the script solves each task: what a learner can hope for."""

from benchmarks.learning import Row
from robot_learning.cli.bars import Bars
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import rollout
from robot_learning.experts.expert import expert_action
from robot_learning.robot import RobotSpec, available_robots
from robot_learning.tasks import TASKS

SEED = 8_000_000


def rows(episodes: int) -> list[Row]:
    """Return a row for each robot with each task that it has the gripper for."""
    return [
        row(robot, task, episodes)
        for robot in available_robots()
        for task in TASKS
        if RobotSpec.load(robot).gripper is not None or not TASKS[task].gripper
    ]


def row(robot: str, task: str, episodes: int) -> Row:
    env = ArmEnv(robot=robot, task=task)
    with Bars() as bars:
        found = rollout(env, expert_action, episodes, SEED, bars.episode)
    env.close()
    low, high = found.wilson_low, found.wilson_high
    return (
        f"{robot}: {task} by the script, {episodes} episodes",
        f"{found.success_rate:.1%} ({low:.1%} to {high:.1%})",
        "99 %",
        f"root mean square distance {found.rms_distance * 1e3:.1f} mm",
    )
