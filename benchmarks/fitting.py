"""Delay and lag that ``robot-learning latency`` finds, beside what the arm really has."""

import os
import subprocess
import tempfile
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.learning import Row
from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import Snapshot, Start
from robot_learning.cli.session import own_domain, start, stop
from robot_learning.identification.excitation import Record, drive, plan
from robot_learning.identification.fit import Fit, fit
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from robot_learning.worlds.controllers import TrajectoryController
from robot_learning.worlds.mujoco import MujocoWorld
from robot_learning.worlds.variation import Variation
from robot_learning.worlds.world import World

if TYPE_CHECKING:
    from robot_learning.worlds.ros import RosWorld

SECONDS = 12.0
TRIES = 10
STEP = 0.004  # s, in which a late world samples its controller
CASES = [(0.0, 0.02), (0.0, 0.06), (0.0, 0.12), (0.02, 0.06), (0.04, 0.02), (0.08, 0.12)]
ON_TOPICS = [(0, 0, 0.06, 1.0), (1, 1, 0.06, 0.7), (2, 0, 0.12, 1.0)]
BAR = "within 10 ms and 10 %"


class Late(World):
    """Another world whose arm hears of each motion late, and follows it late."""

    def __init__(self, world: World, delay: float) -> None:
        self._world, self._delay = world, delay
        self._sent: deque[tuple[float, Trajectory]] = deque()

    def reset(self, start: Start) -> Snapshot:
        self._controller = TrajectoryController(start.q)
        self._sent.clear()
        seen = self._world.reset(start)
        self._now = seen.state.stamp
        return seen

    def step(self, motion: Trajectory, dt: float, opening: float | None = None) -> Snapshot:
        self._sent.append((self._now + self._delay, motion))
        for _ in range(round(dt / STEP)):
            while self._sent and self._sent[0][0] <= self._now + 1e-9:
                due, sent = self._sent.popleft()
                self._controller.accept(sent, due, due)
            q, qd = self._controller.sample(self._now + np.array([0.0, STEP]))
            seen = self._world.step(Trajectory(np.array([0.0, STEP]), q, qd), STEP)
            self._now += STEP
        return seen


def rows(robots: list[str]) -> list[Row]:
    return [row for robot in robots for row in (*simulated(robot), *on_topics(robot))]


def simulated(robot: str) -> list[Row]:
    """Fit an arm in MuJoCo, whose motors are not those of the simulation trained in."""
    spec = RobotSpec.load(robot)
    filter = SafetyFilter(spec, reduced_speed=True)
    motion = plan(spec, filter, spec.home, SECONDS)
    out = []
    for delay, lag in CASES:
        world = MujocoWorld(spec)
        world.vary(Variation(motor_lag=lag), np.random.default_rng(0))
        found = fit(drive(Late(world, delay), filter, motion))
        out.append(row(f"{robot}, MuJoCo", delay, lag, found))
    return out


def on_topics(robot: str) -> list[Row]:
    """Fit ``sim_node`` over DDS, by the command itself."""
    from robot_learning.worlds.ros import RosWorld

    spec = RobotSpec.load(robot)
    filter = SafetyFilter(spec, reduced_speed=True)
    out = []
    for late, old, lag, gain in ON_TOPICS:
        with own_domain() as env, tempfile.TemporaryDirectory() as folder:
            shift = Path(folder, "truth.yaml")
            shift.write_text(
                f"action_latency: {late}\nobservation_latency: {old}\nmotor_lag: {lag}\n"
                f"motor_gain: {gain}\n",
                encoding="utf-8",
            )
            os.environ.update({key: env[key] for key in env if key.startswith("ROS_")})
            told: dict[str, Any] = {"robot": robot, "shift": str(shift), "publish_clock": True}
            process = start("sim_node", told, env, subprocess.DEVNULL)
            try:
                world = RosWorld(spec, filter=filter, patience=30.0, use_sim_time=True)
                found = fit(patiently(world, filter))
                age = float(np.median(world.ages))
                world.close()
            finally:
                stop([process])
        what = f"{robot}, sim_node, motor_gain {gain:g}"
        name, measured, bar, remark = row(what, late * spec.control_period, lag, found)
        seen = f"state {age * 1e3:.0f} ms old, truth {old * spec.control_period * 1e3:.0f}"
        out.append((name, measured, bar, f"{remark}; {seen}; missed {world.missed}"))
    return out


def patiently(world: "RosWorld", filter: SafetyFilter) -> Record:
    """Move an arm on topics; on a busy machine its states may come too late, and stop it."""
    for left in reversed(range(TRIES)):
        try:
            return drive(world, filter, plan(filter.spec, filter, world.rest(), SECONDS))
        except SafetyError:
            if not left:
                raise
    raise AssertionError


def row(what: str, delay: float, lag: float, found: Fit) -> Row:
    kept = abs(found.delay - delay) <= 0.01 and abs(found.lag - lag) <= 0.1 * lag
    return (
        f"{what}: delay {delay * 1e3:.0f}, lag {lag * 1e3:.0f} ms",
        f"delay {found.delay * 1e3:.1f} ± {found.delay_error * 1e3:.1f}, "
        f"lag {found.lag * 1e3:.1f} ± {found.lag_error * 1e3:.1f} ms",
        BAR if kept else f"{BAR}, not met",
        f"loop {found.servo:.0f} rad/s, damping {found.damping:.2f}",
    )
