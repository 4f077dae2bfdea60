"""How often the script solves each task, and Push where the arm is late."""

from benchmarks.learning import Row
from robot_learning.cli.bars import Bars
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import rollout
from robot_learning.experts.expert import SCRIPTS, expert_action
from robot_learning.robot import RobotSpec, available_robots
from robot_learning.tasks import TASKS
from robot_learning.worlds.variation import Randomization

SEED = 8_000_000
LATE_SEED = 1000
# Control periods that commands, then states, are late by; and the bar, %.
LATE = (((1, 0), 97), ((0, 1), 97), ((1, 1), 90), ((2, 0), 75), ((0, 2), 75))


def rows(episodes: int) -> list[Row]:
    """Return a row for each robot with each task that it has the gripper for."""
    return [
        row(robot, task, episodes)
        for robot in available_robots()
        for task in SCRIPTS
        if RobotSpec.load(robot).gripper is not None or not TASKS[task].gripper
    ]


def late_rows(episodes: int) -> list[Row]:
    """Return a row of Push on the Panda for each latency of commands and states."""
    found = []
    for (command, state), bar in LATE:
        shift = Randomization({"action_latency": command, "observation_latency": state})
        env = ArmEnv(robot="panda", task="push", shift=shift)
        what = f"panda: push by the script, commands {command}, states {state} periods late"
        found.append(_row(what, env, episodes, LATE_SEED, f"{bar} %"))
    return found


def row(robot: str, task: str, episodes: int) -> Row:
    env = ArmEnv(robot=robot, task=task)
    return _row(f"{robot}: {task} by the script", env, episodes, SEED, "99 %")


def _row(what: str, env: ArmEnv, episodes: int, seed: int, bar: str) -> Row:
    with Bars() as bars:
        found = rollout(env, expert_action, episodes, seed, bars.episode)
    env.close()
    low, high = found.wilson_low, found.wilson_high
    return (
        f"{what}, {episodes} episodes",
        f"{found.success_rate:.1%} ({low:.1%} to {high:.1%})",
        bar,
        f"root mean square distance {found.rms_distance * 1e3:.1f} mm",
    )
