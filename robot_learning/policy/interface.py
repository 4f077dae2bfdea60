"""The interface of a policy: how a measured state becomes an observation, an action a command."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.arrays import are_finite
from robot_learning.base.errors import BundleError, ConfigError, StateError
from robot_learning.base.types import ArmState, Input, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.differential import resolve_each, turning_each
from robot_learning.kinematics.goals import ANGLE, angle_between
from robot_learning.policy.history import History, velocities
from robot_learning.policy.terms import GOALS, OPENING, TERMS, Compute, Sight

Array = NDArray[np.float64]
Observation = NDArray[np.float32]

KEYS = ("achieved_goal", "desired_goal", "observation")  # in the order of a flat observation
ACTION_MODES = ("joint_velocity", "tip_displacement", "tool_down")
MICRO = 6  # decimals of a time, s, that clocks agree on; the rest is rounding
ORIENTATION = 6  # numbers of a goal's orientation; a position has 3
# Share of the joint speed limits that full actions ask for.
VELOCITY_SCALE = 0.5
# Share of the acceleration limits that a change of action may ask for; the rest brakes.
ACCELERATION_SCALE = 0.5
# Tip speed of a full action, m/s.
TIP_SPEED = 0.5
# Fields that the first bundles of this format lack; their policies are as the defaults say.
ADDED = {"action_repeat"}


@dataclass(frozen=True)
class Interface:
    """How a policy sees and moves an arm; stored in its bundle.

    Attributes:
        joints: names, in the order of every array.
        action_mode: ``joint_velocity``; ``tip_displacement`` moves the tip in the base frame;
            ``tool_down`` does so with the tool kept pointing down.
        gripper: whether the last number of an action is the gripper's: -1 closed, 1 open.
        achieved: terms that make the achieved goal.
        desired: terms that make the desired goal.
        observed: terms that make the rest of the observation.
        velocity_scale: joint speed of a full action as a fraction of the limit.
        tip_speed: tip speed of a full action, m/s.
        acceleration_scale: acceleration that a policy may ask for as a fraction of the limit.
        control_period: s.
        policy_every: control periods in one policy period.
        action_repeat: policy periods that an action of the policy holds for.
        tolerance: distance from the goal that counts as reached, m.
    """

    joints: tuple[str, ...]
    action_mode: str = "joint_velocity"
    gripper: bool = False
    achieved: tuple[str, ...] = ("tip_position",)
    desired: tuple[str, ...] = ("goal_position",)
    observed: tuple[str, ...] = ("joint_position", "joint_velocity", "goal_step", "home_step")
    velocity_scale: float = VELOCITY_SCALE
    tip_speed: float = TIP_SPEED
    acceleration_scale: float = ACCELERATION_SCALE
    control_period: float = 0.04
    policy_every: int = 1
    action_repeat: int = 1
    tolerance: float = 0.02
    _slices: dict[str, slice] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.action_mode not in ACTION_MODES:
            raise ConfigError(
                f"action_mode '{self.action_mode}': expected one of {', '.join(ACTION_MODES)}"
            )
        start = 0
        for name in self.terms:
            if name not in TERMS:
                raise ConfigError(f"observation term '{name}': expected {', '.join(TERMS)}")
            if name in self._slices:
                raise ConfigError(f"observation term '{name}': it is there already")
            size = TERMS[name].length(len(self.joints), self.n_action)
            self._slices[name] = slice(start, start + size)
            start += size

    @cached_property
    def _computes(self) -> list[Compute]:
        return [TERMS[name].compute for name in self.terms]

    @property
    def terms(self) -> tuple[str, ...]:
        """Names of all terms in the order of the flat observation."""
        return self.achieved + self.desired + self.observed

    @cached_property
    def needs(self) -> dict[str, str]:
        """Names of the inputs that the terms read, each with the first term that does."""
        first: dict[str, str] = {}
        for name in self.terms:
            for needed in TERMS[name].inputs:
                first.setdefault(needed, name)
        return first

    @property
    def objects(self) -> tuple[str, ...]:
        """Names of the objects whose positions the terms read."""
        return tuple(sorted(set(self.needs) - {*GOALS, OPENING}))

    @property
    def n_obs(self) -> int:
        """Length of the flat observation."""
        return self._slices[self.terms[-1]].stop

    @property
    def n_action(self) -> int:
        """Length of an action."""
        return (len(self.joints) if self.action_mode == "joint_velocity" else 3) + self.gripper

    def term_slices(self) -> dict[str, slice]:
        """Return where each term lies in the flat observation."""
        return dict(self._slices)

    def observe(
        self,
        model: ArmModel,
        state: ArmState,
        inputs: Mapping[str, Input],
        history: History,
        lead: float = 0.0,
    ) -> Observation:
        """Return the flat observation (n_obs,), the same in training and on the arm.

        It is of the arm, the objects and the goal as they will be when a command of now takes
        effect (:meth:`History.ahead`). A policy then need not know how late it is.

        Args:
            model: the arm.
            state: measured joint state.
            inputs: further inputs by name.
            history: what was before.
            lead: by how much later than the state a command takes effect, s.

        Raises:
            StateError: where the result is not finite or an input is missing.
        """
        return self.observe_all(model, [state], [inputs], [history], [lead])[0]

    def observe_all(
        self,
        model: ArmModel,
        states: Sequence[ArmState],
        inputs: Sequence[Mapping[str, Input]],
        histories: Sequence[History],
        leads: Sequence[float],
    ) -> Observation:
        """Return the flat observations (b, n_obs) of several scenes of one arm at once."""
        ahead: list[tuple[ArmState, dict[str, Array]]] = []
        for state, given, history, lead in zip(states, inputs, histories, leads, strict=True):
            self._refuse_missing(given)
            ahead.append(history.ahead(model, state, given, round(lead, MICRO)))
        q, qd = (np.array(each) for each in zip(*((at.q, at.qd) for at, _ in ahead), strict=True))
        T, J = model.poses_and_jacobians(q)
        sight = Sight(
            model,
            q,
            qd,
            T,
            J,
            {name: np.array([values[name] for _, values in ahead]) for name in self.needs},
            lambda name: velocities(histories, inputs, name),
            np.array([history.previous_action for history in histories]),
        )
        found = [compute(sight) for compute in self._computes]
        flat: Observation = np.concatenate(found, axis=1, dtype=np.float32)
        if not are_finite(flat.ravel()):
            raise StateError("the observation is not finite")
        return flat

    def _refuse_missing(self, inputs: Mapping[str, Input]) -> None:
        for needed, name in self.needs.items():
            if needed not in inputs:
                raise StateError(f"observation term '{name}': no input '{needed}'")

    def split(self, flat: Observation) -> dict[str, Observation]:
        """Return the parts of flat observations (..., n_obs) of Gymnasium's goal environments."""
        first, second = self._ends
        parts = flat[..., :first], flat[..., first:second], flat[..., second:]
        return dict(zip(KEYS, parts, strict=True))

    def goals(self, flat: Observation) -> tuple[Observation, Observation]:
        """Return achieved and desired goals (b, m) of flat observations (b, n_obs)."""
        first, second = self._ends
        return np.ascontiguousarray(flat[:, :first]), np.ascontiguousarray(flat[:, first:second])

    @cached_property
    def _ends(self) -> tuple[int, int]:
        """Where in a flat observation the desired goal begins, and where the rest does."""
        return self._slices[self.desired[0]].start, self._slices[self.observed[0]].start

    def distance(self, flat: Observation) -> float:
        """Return how far the goal is in a flat observation (n_obs,), m: its worst part.

        An orientation that is off by the angle that counts as reached is off by a tolerance.
        """
        farthest = 0.0
        for achieved, desired in zip(self.achieved, self.desired, strict=True):
            has, wants = flat[self._slices[achieved]], flat[self._slices[desired]]
            if len(wants) == ORIENTATION:
                off = float(angle_between(has, wants)) * self.tolerance / ANGLE
            else:
                off = float(np.linalg.norm(has - wants))
            farthest = max(farthest, off)
        return farthest

    def decode(self, model: ArmModel, action: ArrayLike, state: ArmState) -> JointCommand:
        """Return the command that an action (n_action,), clipped to [-1, 1], stands for.

        Raises:
            StateError: where the action has the wrong length or is not finite.
        """
        return self.decode_all(model, [action], [state])[0]

    def decode_all(
        self, model: ArmModel, actions: Sequence[ArrayLike], states: Sequence[ArmState]
    ) -> list[JointCommand]:
        """Return the commands that actions of several scenes of one arm stand for."""
        values: Array = np.array(actions, dtype=np.float64)
        if values.shape[1:] != (self.n_action,) or not are_finite(values.ravel()):
            raise StateError(f"the action is not {self.n_action} finite numbers: {values}")
        values = np.minimum(np.maximum(values, -1.0), 1.0)
        openings: list[float | None] = [None] * len(values)
        if self.gripper:
            openings, values = ((values[:, -1] + 1) / 2).tolist(), values[:, :-1]
        wanted = self._wanted(model, values, states)
        most = self.acceleration_scale * model.spec.acceleration
        wanted.flags.writeable = most.flags.writeable = False
        return [
            JointCommand(qd, opening=opening, acceleration=most)
            for qd, opening in zip(wanted, openings, strict=True)
        ]

    def _wanted(self, model: ArmModel, motions: Array, states: Sequence[ArmState]) -> Array:
        """Return the joint velocities (b, n) that the moving parts (b, .) of actions stand for."""
        if self.action_mode == "joint_velocity":
            return motions * (self.velocity_scale * model.spec.velocity)
        twists, spec = motions * self.tip_speed, model.spec
        q = np.array([state.q for state in states])
        T, J = model.poses_and_jacobians(q)
        if self.action_mode == "tool_down":
            twists = np.hstack([twists, turning_each(model.turns_down(T))])
        return resolve_each(q, J, twists, spec.home[None], spec.velocity, spec.soft_velocity)

    def to_dict(self) -> dict[str, Any]:
        """Return the interface ready for JSON."""
        return {key: value for key, value in asdict(self).items() if not key.startswith("_")}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Interface":
        """Read what :meth:`to_dict` wrote.

        Raises:
            BundleError: naming a field that is missing or unknown.
        """
        known = {item.name for item in fields(cls) if item.init}
        if set(data) | ADDED != known:
            differing = ", ".join(sorted((set(data) | ADDED) ^ known))
            raise BundleError(f"interface: missing or unknown fields: {differing}")
        tuples = ("joints", "achieved", "desired", "observed")
        given: dict[str, Any] = {k: tuple(v) if k in tuples else v for k, v in data.items()}
        return cls(**given)
