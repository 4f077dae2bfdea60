"""Peak jerk of a 500 Hz arm that a 25 Hz policy moves, by the form of what the controller is sent.

The controller is joint_trajectory_controller (ros2_controllers, ``trajectory.cpp`` and
``joint_trajectory_controller.cpp``, August 2026): a message replaces the last one; before its
first point it interpolates from where the arm is measured, or with
``interpolate_from_desired_state`` from where it was sent; then linearly between positions, by
cubic splines between positions with velocities; behind the last point it holds that. Its desired
positions move the motors of :class:`~robot_learning.worlds.mujoco.MujocoWorld` at 500 Hz.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import mujoco
import numpy as np
from numpy.typing import NDArray

from robot_learning.base.paths import find_bundle
from robot_learning.base.trajectory import Trajectory
from robot_learning.envs import ArmEnv
from robot_learning.nodes.outlet import LEAD
from robot_learning.policy import PolicyBundle
from robot_learning.policy.runner import open_session
from robot_learning.robot import RobotSpec
from robot_learning.worlds.mujoco import motors
from robot_learning.worlds.mujoco.building import build

Array = NDArray[np.float64]
Row = tuple[str, str, str, str]
POLICY = "panda-reach"
EPISODES = 10
SEED = 7_000_000
CYCLE = 0.002  # s
TIMESTEP = 0.0005  # s, of the physics
JITTER = 0.004  # s by which a message is late at most
BEGIN, AFTER = 0.1, 0.3  # s before the first motion and after the last
STIFF = 300.0  # rad/s, of an arm's position loop


class Message(NamedTuple):
    """Points as they are told: stamp (None: at once), times, positions and velocities."""

    stamp: float | None
    times: Array
    q: Array
    qd: Array | None


def position(motions: Sequence[Trajectory], k: int, start: float, dt: float) -> Message:
    return Message(None, np.array([dt]), motions[k].sample(dt)[0][None], None)


def position_at_rest(motions: Sequence[Trajectory], k: int, start: float, dt: float) -> Message:
    q = motions[k].sample(dt)[0][None]
    return Message(None, np.array([dt]), q, np.zeros_like(q))


def position_and_velocity(
    motions: Sequence[Trajectory], k: int, start: float, dt: float
) -> Message:
    q, qd = motions[k].sample(dt)
    return Message(None, np.array([dt]), q[None], qd[None])


def segment(motions: Sequence[Trajectory], k: int, start: float, dt: float) -> Message:
    return Message(start, motions[k].times, motions[k].q, motions[k].qd)


def horizon(motions: Sequence[Trajectory], k: int, start: float, dt: float) -> Message:
    if k == 0:
        return segment(motions, k, start, dt)
    whole = motions[k].behind(motions[k - 1], dt)
    return Message(start - dt, whole.times, whole.q, whole.qd)


FORMS: dict[str, tuple[Callable[..., Message], bool]] = {
    "one point: position": (position, False),
    "one point: position, velocity 0": (position_at_rest, False),
    "one point: position and velocity": (position_and_velocity, False),
    "segment and stop, from the present on": (segment, True),
    "horizon: from the last period to the stop": (horizon, True),
}
SINGLE = "one point"


class Controller:
    """joint_trajectory_controller, at rest at ``q`` (n,)."""

    def __init__(self, q: Array, *, from_desired: bool) -> None:
        self._from_desired, self._fresh = from_desired, False
        self._last = q, np.zeros_like(q)
        self._told: Message | None = None
        self._before = -CYCLE, *self._last

    def accept(self, message: Message) -> None:
        self._told, self._fresh = message, True

    def update(self, now: float, measured: tuple[Array, Array]) -> Array:
        """Return the desired positions (n,) of a cycle."""
        if self._told is None:
            return self._last[0]
        if self._fresh:
            self._fresh = False
            if self._told.stamp is None:
                self._told = self._told._replace(stamp=now)
            from_desired = now - CYCLE, *self._last
            self._before = from_desired if self._from_desired else (now, *measured)
        self._last = self._sample(self._told, now)
        return self._last[0]

    def _sample(self, told: Message, now: float) -> tuple[Array, Array]:
        assert told.stamp is not None
        qd = [None] * len(told.times) if told.qd is None else told.qd
        points = [*zip(told.stamp + told.times, told.q, qd, strict=True)]
        if now < points[0][0]:
            return _between(self._before, points[0], now)
        for first, second in zip(points, points[1:], strict=False):
            if now < second[0]:
                return _between(first, second, now)
        return told.q[-1], np.zeros_like(told.q[-1]) if told.qd is None else told.qd[-1]


def _between(first: tuple[Any, ...], second: tuple[Any, ...], now: float) -> tuple[Array, Array]:
    (t0, q0, qd0), (t1, q1, qd1) = first, second
    if qd0 is None or qd1 is None:
        slope = (q1 - q0) / (t1 - t0)
        return q0 + slope * (now - t0), slope
    piece = Trajectory(np.array([0.0, t1 - t0]), np.array([q0, q1]), np.array([qd0, qd1]))
    return piece.sample(now - t0)


def certified(episodes: int) -> tuple[RobotSpec, list[list[Trajectory]]]:
    """Return what the filter lets through of a policy's episodes, a motion a control period."""
    bundle = PolicyBundle.load(find_bundle(POLICY))
    session = open_session((bundle.path / "policy.onnx").read_bytes())
    env = ArmEnv(bundle.robot["name"], "reach", interface=bundle.interface)
    found: list[list[Trajectory]] = []
    move = env.world.step

    def step(motion: Trajectory, dt: float, opening: float | None = None) -> Any:
        found[-1].append(motion)
        return move(motion, dt, opening)

    env.world.step = step  # type: ignore[method-assign]
    for episode in range(episodes):
        found.append([])
        env.reset(seed=SEED + episode)
        for _ in range(env.task.steps):
            seen = {"observation": env.flat_observation[None]}
            env.step(session.run(None, seen)[0][0])
    return env.robot, found


def peak(
    spec: RobotSpec,
    model: mujoco.MjModel,
    motions: Sequence[Trajectory],
    form: str,
    *,
    from_desired: bool,
    rng: np.random.Generator,
) -> float:
    """Return the largest jerk at a joint, by differences of measured velocities, rad/s³."""
    make, ahead = FORMS[form]
    dt, data = spec.control_period, mujoco.MjData(model)
    arm = motors.Motors(model, data, spec, None)
    arm.reset(motions[0].q[0], 0.0)
    mujoco.mj_forward(model, data)
    controller = Controller(motions[0].q[0], from_desired=from_desired)
    starts = BEGIN + dt * np.arange(len(motions))
    due = starts - ahead * LEAD * dt + rng.uniform(0.0, JITTER, len(starts))
    k, before, speeds = 0, motions[0].q[0], []
    for now in np.arange(0.0, starts[-1] + dt + AFTER, CYCLE):
        while k < len(motions) and due[k] <= now:
            controller.accept(make(motions, k, starts[k], dt))
            k += 1
        q = controller.update(now, arm.measured())
        arm.drive(q, (q - before) / CYCLE)
        before = q
        mujoco.mj_step(model, data, nstep=round(CYCLE / TIMESTEP))
        speeds.append(arm.measured()[1])
    return float(np.abs(np.diff(speeds, 2, axis=0)).max() / CYCLE**2)


def rows() -> list[Row]:
    """Return the peaks over all episodes, for two settings of the controller and two arms."""
    spec, episodes = certified(EPISODES)
    found = []
    lags = {f"motors of {motors.BANDWIDTH:.0f} rad/s": motors.BANDWIDTH, "stiff motors": STIFF}
    for (arm, motors.BANDWIDTH), from_desired in (
        (item, way) for item in lags.items() for way in (False, True)
    ):
        model = build(spec, (), (), 1.0)
        model.opt.timestep = TIMESTEP
        setting = "interpolate_from_desired_state" if from_desired else "as it comes"
        peaks = {}
        for form in FORMS:
            rng = np.random.default_rng(SEED)
            peaks[form] = max(
                peak(spec, model, motions, form, from_desired=from_desired, rng=rng)
                for motions in episodes
            )
        least = min(value for form, value in peaks.items() if form.startswith(SINGLE))
        for form, value in peaks.items():
            share = "" if form.startswith(SINGLE) else f"1/{least / value:.1f} of the best single"
            bar = "1/3" if form.startswith("horizon") else ""
            told = f"{value:.0f} rad/s³ {share}".strip()
            found.append((form, told, bar, f"{arm}, {setting}"))
    return found
