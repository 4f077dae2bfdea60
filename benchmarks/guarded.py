"""Whether a policy should learn behind the whole filter, or behind joint limits alone."""

import functools
from pathlib import Path
from unittest.mock import patch

from benchmarks.learning import EPISODES, SEED, Row, trained
from robot_learning.cli.bars import Bars
from robot_learning.evaluation.rollout import evaluate_bundle
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from robot_learning.training.resolve import make_run
from robot_learning.training.train import train


def rows(robot: str, runs: Path) -> list[Row]:
    """Return success and changed commands, both deployed behind the whole filter."""
    spec = RobotSpec.load(robot)
    found = []
    for bundle in (trained(robot, runs), unguarded(robot, runs)):
        with Bars() as bars:
            found.append(evaluate_bundle(bundle, spec, EPISODES, SEED, None, bars.episode))
    inside, outside = found
    return [
        (
            f"{robot}: success, trained behind the filter; behind joint limits alone",
            f"{inside.success_rate:.1%}; {outside.success_rate:.1%}",
            "no lower",
            "",
        ),
        (
            f"{robot}: commands changed by the filter, the same two",
            f"{inside.commands_changed:.2%}; {outside.commands_changed:.2%}",
            "fewer",
            "",
        ),
    ]


def unguarded(robot: str, runs: Path) -> PolicyBundle:
    """Return what `robot-learning train` makes where the environment keeps joint limits alone."""
    folder = runs / f"reach-{robot}-unguarded"
    if not (folder / "bundle").is_dir():
        joints_alone = functools.partial(SafetyFilter, limits_only=True)
        with patch("robot_learning.envs.arm_env.SafetyFilter", joints_alone), Bars() as bars:
            train(make_run(robot, "reach", "dagger", [], 0, folder.name), folder, bars)
    return PolicyBundle.load(folder / "bundle")
