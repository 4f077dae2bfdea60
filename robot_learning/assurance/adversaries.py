"""Sources of commands that try to make the arm break a limit, and states that arrive badly."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.types import JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec

Array = NDArray[np.float64]
HELD = 25  # periods that a push goes on for at most
NOT_NUMBERS = (np.nan, np.inf, -np.inf, 1e308, -1e308)


@dataclass(frozen=True)
class Attack:
    """What reaches the filter in one period.

    Attributes:
        command: what is asked for, or None.
        dt: length of the period that the filter is told, s.
        elapsed: time until the filter is called again, s.
        lag: by how many periods the measured state is old; None where none comes.
    """

    command: JointCommand | None
    dt: float
    elapsed: float
    lag: int | None = 0


@dataclass
class Target:
    """What is attacked, and where it is.

    Attributes:
        spec: the robot.
        model: its kinematics.
        colliding: (., n) configurations in which it touches itself or the scene.
        q: (n,) positions commanded now, rad or m.
    """

    spec: RobotSpec
    model: ArmModel
    colliding: Array
    q: Array = field(default_factory=lambda: np.zeros(0))

    def asked(self, qd: Array, q: Array | None = None) -> Attack:
        """Return a command with everything else in order."""
        dt = self.spec.control_period
        return Attack(JointCommand(qd, q), dt, dt)

    def toward(self, goal: Array) -> Attack:
        """Return the command that goes straight to ``goal`` (n,) as fast as the joints can."""
        away = goal - self.q
        slowest = np.abs(away / self.spec.velocity).max()
        return self.asked(away / max(slowest, self.spec.control_period))


Attacks = Iterator[Attack]
Adversary = Callable[[Target, np.random.Generator], Attacks]


def uniform(target: Target, rng: np.random.Generator) -> Attacks:
    """Any velocity, new in every period."""
    limit = target.spec.velocity
    while True:
        yield target.asked(rng.uniform(-limit, limit))


def bang_bang(target: Target, rng: np.random.Generator) -> Attacks:
    """Full speed one way in every joint, held for up to a second."""
    while True:
        qd = rng.choice([-1.0, 1.0], target.spec.n) * target.spec.velocity
        for _ in range(rng.integers(1, HELD + 1)):
            yield target.asked(qd)


def sign_flip(target: Target, rng: np.random.Generator) -> Attacks:
    """Twice the full speed, reversed in every period."""
    while True:
        qd = 2 * rng.choice([-1.0, 1.0], target.spec.n) * target.spec.velocity
        for k in range(2 * HELD):
            yield target.asked((-1) ** k * qd)


def limit_seeking(target: Target, rng: np.random.Generator) -> Attacks:
    """Positions beyond the limits of random joints, at full speed."""
    spec = target.spec
    while True:
        beyond = np.where(rng.random(spec.n) < 0.5, spec.lower - 1.0, spec.upper + 1.0)
        inside = rng.uniform(spec.lower, spec.upper)
        goal = np.where(rng.random(spec.n) < 0.3, inside, beyond)
        for _ in range(2 * HELD):
            yield target.toward(goal)


def collision_seeking(target: Target, rng: np.random.Generator) -> Attacks:
    """To configurations in which the arm touches something, at full speed."""
    while True:
        goal = target.colliding[rng.integers(len(target.colliding))]
        for _ in range(2 * HELD):
            yield target.toward(goal)


def positions(target: Target, rng: np.random.Generator) -> Attacks:
    """Commands of positions and velocities that contradict each other."""
    spec = target.spec
    while True:
        goal, qd = rng.uniform(spec.lower, spec.upper), rng.uniform(-spec.velocity, spec.velocity)
        for _ in range(rng.integers(1, HELD + 1)):
            yield target.asked(qd, target.q + np.clip(goal - target.q, -0.2, 0.2))


def not_finite(target: Target, rng: np.random.Generator) -> Attacks:
    """NaN, infinities, numbers without measure and wrong lengths among full speeds."""
    spec = target.spec
    while True:
        qd = rng.choice([-1.0, 1.0], spec.n) * spec.velocity
        for _ in range(rng.integers(1, HELD + 1)):
            bad, draw = qd.copy(), rng.random()
            if draw < 0.4:
                bad[rng.integers(spec.n)] = rng.choice(NOT_NUMBERS)
            elif draw < 0.5:
                bad = bad[: rng.integers(spec.n)]
            yield target.asked(bad)


def replayed_policy(target: Target, rng: np.random.Generator) -> Attacks:
    """Damped least-squares steps of the tip to random places, many of them out of reach."""
    spec, model = target.spec, target.model
    reach = 1.5 * float(np.abs(spec.workspace_upper).max())
    while True:
        goal = rng.uniform(-reach, reach, 3)
        for _ in range(2 * HELD):
            J = model.jacobian(target.q)[:3]
            away = 4.0 * (goal - model.forward(target.q)[:3, 3])
            qd = J.T @ np.linalg.solve(J @ J.T + 1e-3 * np.eye(3), away)
            yield target.asked(np.clip(qd, -spec.velocity, spec.velocity))


def jittered_dt(target: Target, rng: np.random.Generator) -> Attacks:
    """Full speed with periods of all lengths, told wrongly, zero, negative or no number."""
    period = target.spec.control_period
    for attack in bang_bang(target, rng):
        dt = period * 10 ** rng.uniform(-1, 1)
        elapsed = dt if rng.random() < 0.7 else period * 10 ** rng.uniform(-1, 1)
        if rng.random() < 0.1:
            dt = rng.choice([0.0, -period, np.nan, np.inf])
        yield replace(attack, dt=dt, elapsed=elapsed)


def bad_states(target: Target, rng: np.random.Generator) -> Attacks:
    """Full speed while measured states come late, or not at all."""
    lag: int | None = 0
    for attack in bang_bang(target, rng):
        if rng.random() < 0.2:
            lag = None if rng.random() < 0.3 else int(rng.integers(0, 8))
        yield replace(attack, lag=lag)


ADVERSARIES: dict[str, Adversary] = {
    made.__name__: made
    for made in (
        uniform,
        bang_bang,
        sign_flip,
        limit_seeking,
        collision_seeking,
        positions,
        not_finite,
        replayed_policy,
        jittered_dt,
        bad_states,
    )
}
