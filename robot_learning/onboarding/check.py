"""The self-test of a robot: what every engine reads, what the filter keeps, what experts solve."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from robot_learning.assurance import report
from robot_learning.assurance.agreement import disagreements
from robot_learning.assurance.campaign import run
from robot_learning.base.errors import ConfigError
from robot_learning.base.extras import missing
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import rollout
from robot_learning.experts.expert import expert_action
from robot_learning.onboarding.contacts import Surroundings
from robot_learning.onboarding.home import LOAD, Home
from robot_learning.robot import RobotSpec

OK, FAIL, LEFT_OUT = "ok", "FAIL", "-"
COMMANDS = 2000
EPISODES = 20
SEED = 8_000_000
# Share of the episodes that the expert has to solve.
SOLVED = {"reach": 0.95, "push": 0.75}
Progress = Callable[[str, int, int], None]


class Check(NamedTuple):
    """What was looked at, ``ok``, ``FAIL`` or ``-``, and what was seen."""

    what: str
    verdict: str
    seen: str


def self_test(robot: str, progress: Progress, episodes: int = EPISODES) -> Iterator[Check]:
    """Yield what is found of a robot, one thing after the other.

    Args:
        robot: name or YAML file.
        progress: told what is being done, how much of it, and of how much.
        episodes: that the expert plays of each task.

    Raises:
        ConfigError: where the YAML file or the URDF can't be used at all.
    """
    spec = RobotSpec.load(robot)
    yield Check("limits", OK, f"{spec.n} joints, complete; no looser than the URDF's")
    yield _engines(spec)
    yield _home(spec)
    yield _filter(robot, progress)
    for task in SOLVED:
        yield _expert(spec, task, episodes, progress)


def _engines(spec: RobotSpec) -> Check:
    engines = "Pinocchio, coal, Bullet" + ("" if missing("mujoco") else ", MuJoCo")
    found = disagreements(spec)
    if found:
        return Check("engines", FAIL, f"{len(found)} differences: {found[0]}")
    return Check("engines", OK, f"{engines} read the same frames, masses, stops and shapes")


def _home(spec: RobotSpec) -> Check:
    home = Home(spec, Surroundings(spec))
    load = home.load(spec.home)
    why = home.why_not(spec.home)
    room = np.minimum(spec.home - spec.lower, spec.upper - spec.home)
    nearest = int(np.argmin(room))
    seen = f"{room[nearest]:.2f} from a limit at least ({spec.joints[nearest]})"
    seen += f"; gravity takes {load:.0%} of a joint's effort" if load > 0 else ""
    heavy = "" if load <= LOAD else "; more than is good, by the URDF's masses and efforts"
    return Check("home", OK, f"{seen}{heavy}{f'; {why}' if why else ''}")


def _filter(robot: str, progress: Progress) -> Check:
    try:
        found = run(robot, COMMANDS, 0, progress=lambda done, all: progress("attack", done, all))
    except ConfigError as error:
        return Check("filter", FAIL, str(error))
    broken = ", ".join(f"{count} {what}" for what, count in report.total(found).broken.items())
    seen = f"{report.total(found).commands} hostile commands, judged by Bullet"
    if broken:
        return Check("filter", FAIL, f"{seen}: {broken}; see safety check")
    return Check("filter", OK, f"{seen}: no limit passed, nothing touched")


def _expert(spec: RobotSpec, task: str, episodes: int, progress: Progress) -> Check:
    # A tool that can't push is no fault of the robot's file.
    what, short = f"expert on {task}", FAIL if task == "reach" else LEFT_OUT
    try:
        env = ArmEnv(robot=spec, task=task)
    except ConfigError as error:
        return Check(what, short, str(error))
    try:
        found = rollout(
            env, expert_action, episodes, SEED, lambda done, all: progress(task, done, all)
        )
    finally:
        env.close()
    solved = round(found.success_rate * episodes)
    verdict = OK if solved >= SOLVED[task] * episodes else short
    seen = f"{solved} of {episodes} episodes"
    if found.time_to_goal is not None:
        seen += f", at the goal after {found.time_to_goal:.1f} s"
    return Check(what, verdict, seen)
