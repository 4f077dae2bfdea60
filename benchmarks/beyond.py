"""Policies of one task beside its script, on the same episodes: success, time to goal, effort."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.learning import Row
from robot_learning.base.paths import find_bundle
from robot_learning.cli.bars import Bars
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import Evaluation, evaluate_bundle, rollout
from robot_learning.experts.expert import SCRIPTS, expert_action
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.tasks import TaskSettings
from robot_learning.worlds.variation import Randomization, load_shifts

SEED = 9_000_000
LATE = {"action_latency": 2, "observation_latency": 2}  # control periods


def rows(paths: Sequence[Path], episodes: int) -> list[Row]:
    """Return a row for the script of the first policy's task, and one for each policy.

    Each in plain physics, with ``mild.yaml``, and where commands and states are late.
    """
    bundles = [PolicyBundle.load(find_bundle(path)) for path in paths]
    shifts = {"plain": None, "mild": load_shifts("mild"), "two periods late": Randomization(LATE)}
    found = []
    for words, shift in shifts.items():
        first = bundles[0]
        if first.task in SCRIPTS:
            env = ArmEnv(_robot(first), TaskSettings(**first.task_settings), shift=shift)
            with Bars() as bars:
                its = rollout(env, expert_action, episodes, SEED, bars.episode)
            env.close()
            found.append(_row(f"{first.task} by the script, {words}", its))
        for bundle in bundles:
            with Bars() as bars:
                settings: dict[str, Any] = {"shift": shift, "on_episode": bars.episode}
                its = evaluate_bundle(bundle, _robot(bundle), episodes, SEED, **settings)
            found.append(_row(f"{bundle.name}, {words}", its))
    return found


def _robot(bundle: PolicyBundle) -> RobotSpec:
    return RobotSpec.load(bundle.robot["name"])


def _row(what: str, found: Evaluation) -> Row:
    low, high = found.wilson_low, found.wilson_high
    at = "never" if found.time_to_goal is None else f"{found.time_to_goal:.2f} s"
    return (
        f"{what}, {found.episodes} episodes",
        f"{found.success_rate:.1%} ({low:.1%} to {high:.1%}), at the goal after {at}",
        "20 % sooner than the script",
        f"effort {found.effort:.2%} of full speed squared",
    )
