"""The safety filter: attacks, cost of a call, closeness to what is asked, liveness."""

import time
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning import Row
from benchmarks.servo import servo
from robot_learning.assurance import report
from robot_learning.assurance.campaign import MakeFilter, Tally, limits_alone, run, safety_filter
from robot_learning.assurance.scenes import around
from robot_learning.base.types import ArmState, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import Cause, SafetyFilter
from robot_learning.worlds.bullet import Contacts

Array = NDArray[np.float64]
ROBOTS = ("arm6", "panda", "iiwa", "xarm6", "ur5", "kinova", "so101")
COMPARED = ("uniform", "bang_bang", "limit_seeking", "collision_seeking", "replayed_policy")
SEED = 0
BESIDE = (Cause.SELF_COLLISION, Cause.SCENE_COLLISION)
GOALS = 30  # a robot
PATIENCE = 3.0  # times as long as the straight way takes at half speed, and a second
REACHED = 0.01  # m
NEAR = 0.02  # m more than the margin, or rad from a limit: what counts as next to something


def rows(commands: int) -> list[Row]:
    """Return all rows; ``commands`` a robot in the campaign, a tenth of it for closeness."""
    return [
        *(attacked(robot, commands) for robot in ROBOTS),
        *(cost(only, kind) for only in (False, True) for kind in ("smooth", "held for 1 s")),
        closeness(commands // 10),
        liveness(),
    ]


def attacked(robot: str, commands: int) -> Row:
    found = report.total(run(robot, commands, SEED, processes=2))
    broken = ", ".join(f"{count} {what}" for what, count in found.broken.items())
    return (
        f"{robot}: {found.commands} hostile commands, seed {SEED}",
        broken or "0 violations",
        "0",
        "judged by PyBullet",
    )


def cost(limits_only: bool, kind: str) -> Row:
    spec = RobotSpec.load("panda")
    filter = SafetyFilter(spec, limits_only=limits_only)
    if not limits_only:
        filter.set_scene(around(spec, SEED), 0.0)
    filter.reset(spec.home, 0.0)
    rng, took, qd = np.random.default_rng(SEED), [], np.zeros(spec.n)
    change, dt = 0.5 * spec.acceleration * spec.control_period, spec.control_period
    for number in range(6000):
        now = number * dt
        q, before = filter.reference(now)
        if number % 25 == 0:
            goal = rng.uniform(-1.0, 1.0, spec.n) * spec.velocity
            if kind == "smooth":
                goal = 0.25 * goal + 0.3 * (spec.home - q)
        qd = np.clip(goal, before - change, before + change) if kind == "smooth" else goal
        command, state = JointCommand(qd), ArmState(q, before, now)
        start = time.perf_counter()
        filter.apply(command, state, dt, now)
        took.append(time.perf_counter() - start)
    p50, p99 = np.percentile(took[500:], [50, 99]) * 1e6
    what = "joint limits alone" if limits_only else "everything on, scene of 3"
    bar = "15 us median" if limits_only else "60 / 150 us"
    return (f"panda: one call, {what}, {kind}", f"p50 {p50:.0f}, p99 {p99:.0f} us", bar, "")


def closeness(commands: int) -> Row:
    makes = (safety_filter, limits_alone, servo)
    ours, least, theirs = (_distances(make, commands) for make in makes)
    parts = [f"{name} {ours[name] / theirs[name]:.2f}" for name in COMPARED]
    ratio, floor = (sum(each.values()) / sum(theirs.values()) for each in (ours, least))
    return (
        f"panda: mean distance asked - given over clamp-and-halt's, {commands} commands",
        f"{ratio:.2f}",
        "0.5",
        f"with joint limits alone {floor:.2f}; " + ", ".join(parts),
    )


def _distances(make: MakeFilter, commands: int) -> dict[str, float]:
    found = run("panda", commands, SEED, make=make, only=COMPARED, processes=2)
    return {name: _mean(tally) for name, tally in found.items()}


def _mean(tally: Tally) -> float:
    return tally.distance / tally.compared


class Goal(NamedTuple):
    """Where an arm starts and where it is sent, (n,) each."""

    start: Array
    goal: Array


def liveness() -> Row:
    reached, parts = np.zeros(2), []
    for robot in ROBOTS:
        spec = RobotSpec.load(robot)
        solids = around(spec, SEED)
        goals = tight_goals(spec, solids)
        both = [
            np.mean([reach(make, spec, solids, goal) for goal in goals])
            for make in (safety_filter, servo)
        ]
        reached += np.array(both) / len(ROBOTS)
        parts.append(f"{robot} {both[0]:.0%} / {both[1]:.0%}")
    return (
        f"goals beside limits, obstacles, the own body: reached, {GOALS} a robot; clamp-and-halt",
        f"{reached[0]:.1%}; {reached[1]:.1%}",
        "95 %",
        ", ".join(parts),
    )


def tight_goals(spec: RobotSpec, solids: list[Solid]) -> list[Goal]:
    """Return goals beside something, with a straight way in the joints that may be gone.

    PyBullet finds it free, and it passes no singularity: the filter is to stop before one.
    """
    rng, free = np.random.default_rng(SEED), safety_filter(spec, solids)
    contacts = Contacts(spec, solids)
    found: list[Goal] = []
    while len(found) < GOALS:
        goal = rng.uniform(spec.soft_lower, spec.soft_upper)
        if len(found) % 3 == 0:
            joint = rng.integers(spec.n)
            goal[joint] = rng.choice(
                [spec.soft_lower[joint] + 0.01, spec.soft_upper[joint] - 0.01]
            )
        elif not _beside(free, goal, BESIDE[len(found) % 3 - 1]):
            continue
        start = rng.uniform(spec.soft_lower, spec.soft_upper)
        way = start + np.linspace(0, 1, 60)[:, None] * (goal - start)
        if free.is_free(start) and free.is_free(goal) and _is_regular(free, way):
            if not any(map(contacts.at, way)):
                found.append(Goal(start, goal))
    contacts.close()
    return found


def _is_regular(free: SafetyFilter, way: Array) -> bool:
    assert free.guards is not None
    singularity = free.guards.singularity
    return all(singularity.value(q) > singularity.limit for q in way)


def _beside(free: SafetyFilter, q: Array, cause: Cause) -> bool:
    assert free.guards is not None
    arm = free.guards.arm
    for pair in free.guards.clearance.pairs:
        if pair.cause is cause and arm.distance(pair.body, pair.other, q) < pair.margin + NEAR:
            return True
    return False


def reach(make: MakeFilter, spec: RobotSpec, solids: list[Solid], goal: Goal) -> bool:
    """Say whether velocities straight to an IK solution bring the tip there in time."""
    filter, model, dt = make(spec, solids), ArmModel(spec), spec.control_period
    filter.reset(goal.start, 0.0)
    tip = model.forward(goal.goal)[:3, 3]
    straight = float(np.max(np.abs(goal.goal - goal.start) / (0.5 * spec.velocity)))
    for step in range(int((1.0 + PATIENCE * straight) / dt)):
        now = step * dt
        q, qd = filter.reference(now)
        if np.linalg.norm(model.forward(q)[:3, 3] - tip) < REACHED:
            return True
        wanted = 3.0 * (goal.goal - q)
        wanted /= max(float(np.max(np.abs(wanted) / (0.5 * spec.velocity))), 1.0)
        filter.apply(JointCommand(wanted), ArmState(q, qd, now), dt, now)
    return False
