"""Success of the shipped training on every task: 1000 fresh episodes for each seed."""

from pathlib import Path

from benchmarks.learning import EPISODES, SEED, Row, trained
from robot_learning.cli.bars import Bars
from robot_learning.evaluation.rollout import Evaluation, evaluate_bundle, wilson
from robot_learning.experts.expert import SCRIPTS
from robot_learning.robot import RobotSpec

ROBOT = "panda"
BARS = {
    "reach": "99.5 %",
    "reach_pose": "97 %",
    "push": "97 %",
    "slide": "85 %",
    "pick_and_place": "95 %",
    "stack": "60 %",
    "track_trajectory": "1 cm",
}


def rows(runs: Path, seeds: int) -> list[Row]:
    return [row(task, runs, seeds) for task in SCRIPTS]


def row(task: str, runs: Path, seeds: int) -> Row:
    spec, found, seconds = RobotSpec.load(ROBOT), [], []
    for seed in range(seeds):
        bundle = trained(ROBOT, runs, task, seed)
        seconds.append(f"{bundle.provenance['seconds'] / 60:.1f}")
        with Bars() as bars:
            found.append(evaluate_bundle(bundle, spec, EPISODES, SEED, None, bars.episode))
    solved = sum(round(each.success_rate * each.episodes) for each in found)
    low, high = wilson(solved, EPISODES * seeds)
    rate = solved / (EPISODES * seeds)
    measured = f"{rate:.1%} ({low:.1%} to {high:.1%}); {_each(found)}"
    if task == "track_trajectory":
        worst = max(each.rms_distance for each in found)
        measured = f"root mean square at most {worst * 1e3:.1f} mm; {measured}"
    remark = f"{bundle.provenance['steps']} steps in {', '.join(seconds)} min"
    return (f"{ROBOT}: {task}, {EPISODES} episodes a seed", measured, BARS[task], remark)


def _each(found: list[Evaluation]) -> str:
    return ", ".join(f"{each.success_rate:.1%}" for each in found)
