"""A human as an actor: wishes of a tip velocity become actions."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import StateError
from robot_learning.demonstrations.record import Choice, Env
from robot_learning.kinematics.differential import resolve

Array = NDArray[np.float64]
LET_GO = 10.0  # s of silence after which nobody waits for a human any more
PRESSED = 0.5  # s that a press of the gripper's button counts as a correction


@dataclass(frozen=True)
class Wish:
    """What a human asks for now.

    Attributes:
        linear: (3,) velocity of the tip, base frame, m/s.
        angular: (3,) of its orientation, rad/s; counts where actions are joint velocities.
        opening: of the gripper, 0 closed to 1 open; None for as it is.
        pressed: whether the gripper was told something just now.
    """

    linear: Array
    angular: Array = field(default_factory=lambda: np.zeros(3))
    opening: float | None = None
    pressed: bool = False

    @property
    def moves(self) -> bool:
        """Whether anything is asked for."""
        return self.pressed or bool(self.linear.any() or self.angular.any())


class Device(Protocol):
    """What a human holds in the hand."""

    def begin(self, env: Env) -> None:
        """Hear that an episode begins; what was asked for before no longer counts."""

    def wish(self) -> Wish | None:
        """Return what is asked for now; None where nothing new enough has come."""

    def silent(self) -> float:
        """Return for how long nothing has come, s."""

    def problem(self) -> str:
        """Return why nothing comes; empty where something does."""

    def ended(self) -> bool:
        """Say whether the human has ended the episode."""


@dataclass
class Teleoperator:
    """A human who moves the arm. One who lets go is recorded as ``released``: the arm rests.

    Attributes:
        device: of the human's.
        source: what the episodes are called.
        human: see :class:`~robot_learning.demonstrations.collect.Actor`.
    """

    device: Device
    source: str = "teleoperation"
    human: bool = True

    def reset(self, env: Env) -> None:
        """Hear that an episode begins."""
        self.device.begin(env)

    def act(self, env: Env) -> Choice | None:
        """Return what the human asks for; None once the episode was ended by hand.

        Raises:
            StateError: where nothing has come for ``LET_GO`` s, saying why.
        """
        if self.device.ended():
            return None
        wish = self.device.wish()
        if wish is None and self.device.silent() > LET_GO:
            raise StateError(
                f"nobody has held the arm for {LET_GO:g} s: {self.device.problem()}; what was "
                "recorded is kept"
            )
        if wish is None:
            return Choice(action_of(Wish(np.zeros(3)), env), "released")
        return Choice(action_of(wish, env), self.source)


@dataclass
class Corrected:
    """A policy, until a human moves: then the human's actions count, as interventions.

    Attributes:
        device: of the human's.
        decide: returns the policy's action; None where it refuses.
        follow: tells the policy of an action that was taken in its place.
        source: what the episodes are called.
        human: see :class:`~robot_learning.demonstrations.collect.Actor`.
    """

    device: Device
    decide: Callable[[Any], NDArray[np.float32] | None]
    follow: Callable[[Any, NDArray[Any]], None]
    source: str = "policy"
    human: bool = True

    def reset(self, env: Env) -> None:
        """Hear that an episode begins."""
        self.device.begin(env)

    def act(self, env: Env) -> Choice | None:
        """Return what is done; None once the episode was ended by hand."""
        if self.device.ended():
            return None
        wish = self.device.wish()
        if wish is None or not wish.moves:
            return Choice(self.decide(env), self.source)
        action = action_of(wish, env)
        self.follow(env, action)
        return Choice(action, "teleoperation", intervention=True)


def action_of(wish: Wish, env: Env) -> Array:
    """Return the action (n_action,) that comes nearest to a wish, in its direction."""
    interface, spec = env.interface, env.model.spec
    if interface.action_mode == "joint_velocity":
        motion = _joint_motion(wish, env)
    else:
        motion = wish.linear / interface.tip_speed
    motion = motion / max(1.0, float(np.abs(motion).max()))
    if not interface.gripper:
        return motion
    assert spec.gripper is not None
    opening = env.opening if wish.opening is None else wish.opening
    return np.append(motion, 2 * (env.start.opening if opening is None else opening) - 1)


def _joint_motion(wish: Wish, env: Env) -> Array:
    """Return joint velocities (n,) as shares of a full action's."""
    spec, q = env.model.spec, env.state.q
    if not wish.linear.any() and not wish.angular.any():
        return np.zeros(spec.n)
    J, twist = env.model.jacobian(q), np.concatenate([wish.linear, wish.angular])
    if not wish.angular.any():
        J, twist = J[:3], twist[:3]
    full = env.interface.velocity_scale * spec.velocity
    return resolve(q, J, twist, spec.home, spec.velocity, full) / full
