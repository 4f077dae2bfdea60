"""What happened while a policy moved an arm, and whether every limit was kept."""

import json
import math
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
# Messages round to nanoseconds; what is beyond a limit by less is not.
ROUNDING = 1e-5
POSE_EVERY = 0.03  # s, at least, between two poses of an object that are kept
ENOUGH = 0.9  # share of the goals that must be reached for a session to count as a success


@dataclass
class Session:
    """A record of goals, measured states, commands that left the filter, and ticks.

    Attributes:
        robot: its name.
        bundle: name of the policy's bundle.
        task: what its task was asked to be.
        hash: of the bundle.
        joints: names; every row below has this order.
        lower: position limits, rad or m.
        upper: position limits, rad or m.
        velocity: speed limits, rad/s or m/s.
        acceleration: limits, rad/s² or m/s².
        tolerance: distance that counts as reached, m.
        goals: ``{goal, tip, reached, distance, seconds, sent}`` each; base frame, m and s. One
            that moves has its ``path`` as well, rows of time and place; its distance is the root
            mean square.
        times: stamps of the measured states, s from the first.
        q: measured positions.
        qd: measured velocities.
        openings: of the gripper at those times, 0 closed to 1 open; empty where nobody tells.
        objects: ``{times, poses}`` of each object by name: s, and position, m, and quaternion
            (x, y, z, w) in the base frame.
        command_times: starts of the trajectories sent, s from the first state.
        command_q: positions they start from.
        command_qd: velocities they start with.
        latencies: from joint state received to command published, s.
        control_ticks: control periods the filter served with a command in hand.
        causes: how many of those a limit changed, by cause.
        violations: limits exceeded, by what exceeded them.
    """

    robot: str
    bundle: str
    task: dict[str, Any]
    hash: str
    joints: list[str]
    lower: list[float]
    upper: list[float]
    velocity: list[float]
    acceleration: list[float]
    tolerance: float
    goals: list[dict[str, Any]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    q: list[list[float]] = field(default_factory=list)
    qd: list[list[float]] = field(default_factory=list)
    openings: list[float] = field(default_factory=list)
    objects: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    command_times: list[float] = field(default_factory=list)
    command_q: list[list[float]] = field(default_factory=list)
    command_qd: list[list[float]] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    control_ticks: int = 0
    causes: dict[str, int] = field(default_factory=dict)
    violations: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, spec: RobotSpec, bundle: PolicyBundle) -> "Session":
        """Return an empty record."""
        return cls(
            robot=spec.name,
            bundle=bundle.name,
            task=bundle.task_settings,
            hash=bundle.hash,
            joints=list(spec.joints),
            lower=spec.lower.tolist(),
            upper=spec.upper.tolist(),
            velocity=spec.velocity.tolist(),
            acceleration=spec.acceleration.tolist(),
            tolerance=bundle.interface.tolerance,
        )

    def add_state(self, state: ArmState, t: float, opening: float | None = None) -> None:
        """Record a measured state, and how far the gripper is open, at ``t`` s."""
        if opening is not None:
            self.openings.append(round(opening, 4))
        self.times.append(round(t, 5))
        self.q.append(np.round(state.q, 6).tolist())
        self.qd.append(np.round(state.qd, 6).tolist())
        self._judge("state", state.q[None], state.qd[None])

    def add_pose(self, name: str, pose: Array, t: float) -> None:
        """Record where an object is at ``t`` s: position, m, and quaternion (7,)."""
        record = self.objects.setdefault(name, {"times": [], "poses": []})
        if not record["times"] or t - record["times"][-1] >= POSE_EVERY:
            record["times"].append(round(t, 5))
            record["poses"].append(np.round(pose, 5).tolist())

    def add_trajectory(self, trajectory: Trajectory, t: float) -> None:
        """Record a trajectory sent to the controller that starts at ``t`` s."""
        self.command_times.append(round(t, 5))
        self.command_q.append(np.round(trajectory.q[0], 6).tolist())
        self.command_qd.append(np.round(trajectory.qd[0], 6).tolist())
        self._judge("command", trajectory.q, trajectory.qd)
        steps = np.diff(trajectory.times)[:, None]
        rates = np.abs(np.diff(trajectory.qd, axis=0)) / steps
        allowed = np.asarray(self.acceleration) * (1 + ROUNDING) + ROUNDING
        self._count("command acceleration", bool((rates > allowed).any()))
        self._count("command does not end at rest", bool(trajectory.qd[-1].any()))

    def add_tick(self, causes: list[str], changed: bool) -> None:
        """Record one control period of the safety filter."""
        self.control_ticks += 1
        for cause in causes if changed else []:
            self.causes[cause] = self.causes.get(cause, 0) + 1

    def save(self, file: Path) -> None:
        """Write the record as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, file: Path) -> "Session":
        """Read a record.

        Raises:
            ConfigError: where the file is none.
        """
        try:
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"{file}: not the record of a session: {error}") from error

    @property
    def reached(self) -> int:
        """How many goals were reached."""
        return sum(goal["reached"] for goal in self.goals)

    @property
    def shortfall(self) -> str:
        """Say by how much the session missed the share of goals it needs; empty if it did not."""
        needed = math.ceil(ENOUGH * len(self.goals) - 1e-9)
        if self.reached >= needed:
            return ""
        return f"{self.reached} of {len(self.goals)} goals were reached, {needed} are needed"

    def latency(self, percent: float) -> float:
        """Return a percentile of the tick latency, s."""
        return float(np.percentile(self.latencies, percent)) if self.latencies else float("nan")

    def top_speed(self) -> float:
        """Return the largest measured joint speed as a fraction of its limit."""
        return float((np.abs(self.qd) / np.asarray(self.velocity)).max()) if self.qd else 0.0

    def _judge(self, what: str, q: Array, qd: Array) -> None:
        beyond = (q < np.asarray(self.lower) - ROUNDING) | (q > np.asarray(self.upper) + ROUNDING)
        self._count(f"{what} position", bool(beyond.any()) or not np.isfinite(q).all())
        fast = np.abs(qd) > np.asarray(self.velocity) + ROUNDING
        self._count(f"{what} velocity", bool(fast.any()) or not np.isfinite(qd).all())

    def _count(self, what: str, broken: bool) -> None:
        if broken:
            self.violations[what] = self.violations.get(what, 0) + 1
