"""A small motion that tells how an arm follows, and the record of one."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import SafetyError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import JointCommand, Start
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter
from robot_learning.worlds.world import World

Array = NDArray[np.float64]
FREQUENCIES = np.array([0.4, 0.9, 1.7, 2.9])  # Hz; the higher ones tell a lag from a delay
REACH = 0.05  # rad or m, the most that a joint goes to either side
LEAST = 0.005  # rad or m; less tells nothing
SHARE = 0.4  # of the speed, acceleration and jerk limits that is used
TIP = 0.2  # m/s, of the tip; the filter's reduced speed is 0.25
FADE = 1.0  # s in which the motion grows, and dies away
SETTLE = 0.6  # s at rest in the end


@dataclass
class Record:
    """What an arm was told, and where it was measured.

    Attributes:
        sent: when each motion begins, s, and the motion; it holds until the next one begins.
        stamps: when the states were measured, s on the same clock.
        q: (n,) positions then, rad or m.
    """

    sent: list[tuple[float, Trajectory]] = field(default_factory=list)
    stamps: list[float] = field(default_factory=list)
    q: list[Array] = field(default_factory=list)

    def reference(self, times: Array) -> Array:
        """Return where the arm was told to be (k, n) at increasing ``times`` (k,), s."""
        starts = np.array([start for start, _ in self.sent])
        which = np.searchsorted(starts, times, side="right") - 1
        out = np.tile(self.sent[0][1].q[0], (len(times), 1))
        for i, (start, motion) in enumerate(self.sent):
            now = which == i
            if now.any():
                out[now] = motion.sample(times[now] - start)[0]
        return out


def plan(spec: RobotSpec, filter: SafetyFilter, q: Array, seconds: float) -> Trajectory:
    """Return a sum of sines of every joint about ``q`` (n,), as large as there is room for.

    Raises:
        SafetyError: naming what is in the way.
    """
    at = np.linspace(0.0, seconds, round(seconds / spec.control_period) + 1)
    shape, rate = _sines(at, seconds, spec.n)
    size = _size(spec, q, shape, rate, at)
    while True:
        motion = Trajectory(at, q + size * shape, size * rate)
        why = "" if filter.guards is None else filter.guards.obstacle(motion)
        if not why:
            return motion
        size /= 2
        if (size < LEAST).any():
            raise SafetyError(
                f"no room for {LEAST} rad or m to either side: {why}; move the arm to the open"
            )


def _sines(at: Array, seconds: float, n: int) -> tuple[Array, Array]:
    """Return motions (k, n) within [-1, 1] and their velocities, at rest at both ends."""
    rng = np.random.default_rng(0)
    omega = 2 * np.pi * FREQUENCIES * rng.uniform(0.93, 1.07, (n, 1))
    phase = rng.uniform(0.0, 2 * np.pi, (n, len(FREQUENCIES)))
    angle = at[:, None, None] * omega + phase
    wave, speed = np.sin(angle).sum(axis=2), (omega * np.cos(angle)).sum(axis=2)
    near = np.clip(np.minimum(at, seconds - SETTLE - at) / FADE, 0.0, 1.0)
    window = near**2 * (3 - 2 * near)
    slope = np.gradient(window, at)
    shape, rate = wave * window[:, None], speed * window[:, None] + wave * slope[:, None]
    most = np.abs(shape).max(axis=0)
    return shape / most, rate / most


def _size(spec: RobotSpec, q: Array, shape: Array, rate: Array, at: Array) -> Array:
    """Return how far each joint goes (n,), rad or m, inside its limits.

    Raises:
        SafetyError: naming the joint that has no room.
    """
    dt = at[1] - at[0]
    changes = np.gradient(rate, dt, axis=0), np.gradient(np.gradient(rate, dt, axis=0), dt, axis=0)
    size = np.full(spec.n, REACH)
    limits = spec.soft_velocity, spec.acceleration, spec.jerk
    for limit, value in zip(limits, (rate, *changes), strict=True):
        size = np.minimum(size, SHARE * limit / np.abs(value).max(axis=0))
    room = np.minimum(spec.soft_upper - q, q - spec.soft_lower)
    if (room < LEAST).any():
        k = int(room.argmin())
        raise SafetyError(
            f"joint '{spec.joints[k]}' is {max(room[k], 0.0):.3f} rad or m from its limit, too "
            "near to swing; move the arm to the open"
        )
    size = np.minimum(size, room)
    model = ArmModel(spec)
    tips = np.array([model.forward(row)[:3, 3] for row in q + size * shape])
    fastest = float(np.linalg.norm(np.diff(tips, axis=0), axis=1).max() / dt)
    return size * min(1.0, TIP / fastest)


def drive(
    world: World,
    filter: SafetyFilter,
    motion: Trajectory,
    on_step: Callable[[int, int], None] = lambda done, total: None,
) -> Record:
    """Let a world follow ``motion`` from where it begins, through the filter; return the record.

    Raises:
        SafetyError: naming what stopped the arm.
    """
    dt, record = filter.spec.control_period, Record()
    start = Start(motion.q[0])
    seen = world.reset(start)
    filter.reset(start.q, seen.state.stamp)
    total = len(motion.times)
    for k, (q, qd) in enumerate(zip(motion.q, motion.qd, strict=True)):
        now = world.next_start(seen)
        result = filter.apply(JointCommand(qd, q), seen.state, dt, now)
        if filter.latched is not None:
            raise SafetyError(f"the arm stopped: {filter.latched.value}")
        record.sent.append((now, result.stop))
        seen = world.step(result.stop, dt)
        record.stamps.append(seen.state.stamp)
        record.q.append(seen.state.q)
        on_step(k + 1, total)
    return record
