"""Success rates of the shipped training, through the deployed code."""

from pathlib import Path

from robot_learning.cli.bars import Bars
from robot_learning.evaluation.rollout import evaluate_bundle
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.training.resolve import make_run
from robot_learning.training.train import train

EPISODES = 1000
SEED = 7_000_000
Row = tuple[str, str, str, str]


def trained(robot: str, runs: Path, task: str = "reach", seed: int = 0) -> PolicyBundle:
    """Return the bundle of `robot-learning train --robot .. --task .. --seed ..`, trained once."""
    folder = runs / f"{task}-{robot}-{seed}"
    if not (folder / "bundle").is_dir():
        with Bars() as bars:
            train(make_run(robot, task, "dagger", [], seed, folder.name), folder, bars)
    return PolicyBundle.load(folder / "bundle")


def rows(robot: str, runs: Path) -> list[Row]:
    bundle = trained(robot, runs)
    spec = RobotSpec.load(robot)
    with Bars() as bars:
        found = evaluate_bundle(bundle, spec, EPISODES, SEED, None, bars.episode)
    made = bundle.provenance
    low, high = found.wilson_low, found.wilson_high
    bar = "99 %" if robot == "panda" else "97 %"
    return [
        (
            f"{robot}: success at 2 cm, {EPISODES} episodes",
            f"{found.success_rate:.1%} ({low:.1%} to {high:.1%})",
            bar,
            f"{made['steps']} steps in {made['seconds']:.0f} s",
        ),
        (
            f"{robot}: within 1 cm",
            f"{found.success_1cm:.1%}",
            "95 %" if robot == "panda" else "",
            f"mean {found.mean_distance * 1e3:.1f} mm",
        ),
    ]
