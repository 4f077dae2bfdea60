"""Runs a bundle: from a measured state to a command, as in training."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.compiled import load_soon
from robot_learning.base.errors import BundleError, StateError
from robot_learning.base.periods import STATE_PERIODS
from robot_learning.base.types import ArmState, Input, JointCommand
from robot_learning.kinematics import ArmModel
from robot_learning.policy.bundle import PolicyBundle
from robot_learning.policy.history import History
from robot_learning.policy.interface import Observation
from robot_learning.policy.terms import GOALS, OPENING
from robot_learning.robot import RobotSpec

if TYPE_CHECKING:
    import onnxruntime

Array = NDArray[np.float64]


@dataclass(frozen=True)
class StepResult:
    """One decision of a policy.

    Attributes:
        command: what to ask of the safety filter, or None where the step was refused.
        observation: (n_obs,) what the policy saw, or None.
        action: (n_action,) what it answered, or None.
        refused: why there is no command; empty when there is one.
    """

    command: JointCommand | None
    observation: Observation | None = None
    action: NDArray[np.float32] | None = None
    refused: str = ""


class PolicyRunner:
    """A bundle with its network loaded, for one robot.

    Args:
        bundle: the policy.
        spec: the robot at hand; the shipped one of the bundle's name where None is given.

    Raises:
        BundleError: where the robot or the network does not match the bundle.

    Attributes:
        state_timeout: age at which a measured state no longer counts, s.
        input_timeout: the same of what else is measured, s.
    """

    def __init__(self, bundle: PolicyBundle, spec: RobotSpec | None = None) -> None:
        self.bundle = bundle
        self.interface = bundle.interface
        self.spec = spec or RobotSpec.load(bundle.robot["name"])
        bundle.check_robot(self.spec)
        self.model = ArmModel(self.spec)
        self.state_timeout = self.input_timeout = STATE_PERIODS * self.spec.control_period
        self._session = _session(bundle)
        self._history = History.start(self.interface)
        self._action = np.zeros(self.interface.n_action, dtype=np.float32)
        self._holds = 0  # steps that the last action is still to be held for
        load_soon(self._try)

    def _try(self) -> None:
        """Decide once, of a scene made up: the first decision that counts then waits for nothing.

        What is wrong shows itself there.
        """
        with contextlib.suppress(Exception):
            state = ArmState(self.spec.home, np.zeros(self.spec.n), 0.0)
            shapes = {"goal_rotation": np.eye(3), OPENING: np.zeros(1)}
            inputs = {name: Input(shapes.get(name, np.ones(3)), 0.0) for name in self.needs}
            history = History.start(self.interface)
            seen = self.interface.observe(self.model, state, inputs, history)
            action = self._session.run(None, {"observation": seen[None]})[0][0]
            history.push(action, inputs, self.interface.decode(self.model, action, state))

    @property
    def needs(self) -> set[str]:
        """What the policy must be told besides the joint state: inputs, by name."""
        return set(self.interface.needs)

    def reset(self, *, moving: bool = False) -> None:
        """Forget the past: a new episode begins.

        Args:
            moving: the arm still does what it was asked for last.
        """
        before, self._history = self._history, History.start(self.interface)
        self._holds = 0
        if moving:
            self._history.asked = before.asked

    def step(
        self, state: ArmState, inputs: Mapping[str, Input], now: float, delay: float = 0.0
    ) -> StepResult:
        """Decide once, or go on with the action that holds.

        Args:
            state: measured joint state.
            inputs: further inputs by name, e.g. ``goal``.
            now: s on the clock of the stamps.
            delay: by how much the arm follows late, s.
        """
        left, self._holds = self._holds, 0
        refused = self._too_old(state, inputs, now)
        if refused:
            return StepResult(None, refused=refused)
        try:
            lead = now - state.stamp + delay
            observation = self.interface.observe(self.model, state, inputs, self._history, lead)
        except StateError as error:
            return StepResult(None, refused=str(error))
        if not left:
            left = self.interface.action_repeat
            self._action = self._session.run(None, {"observation": observation[None]})[0][0]
        action = self._action
        try:
            command = self.interface.decode(self.model, action, state)
        except StateError as error:
            return StepResult(None, observation, action, str(error))
        self._holds = left - 1
        self._history.push(action, inputs, command)
        return StepResult(command, observation, action)

    def follow(self, action: ArrayLike, state: ArmState, inputs: Mapping[str, Input]) -> None:
        """Remember an action that somebody else has taken in place of the policy's."""
        self._holds = 0
        self._history.push(action, inputs, self.interface.decode(self.model, action, state))

    def _too_old(self, state: ArmState, inputs: Mapping[str, Input], now: float) -> str:
        if not np.abs(now - state.stamp) <= self.state_timeout:
            return f"the joint state is {now - state.stamp:.3f} s old"
        for name in self.interface.needs:
            given = inputs.get(name)
            told = given is None or name in GOALS
            if given is not None and not told and not now - given.stamp <= self.input_timeout:
                return f"the input '{name}' is {now - given.stamp:.3f} s old"
        return ""


def open_session(onnx: bytes) -> "onnxruntime.InferenceSession":
    """Return an ONNX Runtime session of one thread; more would only wait for each other."""
    import onnxruntime  # 9 MB, which nodes that read a bundle alone do without

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])


def _session(bundle: PolicyBundle) -> "onnxruntime.InferenceSession":
    file = bundle.path / "policy.onnx"
    try:
        session = open_session(file.read_bytes())
        inputs, outputs = session.get_inputs(), session.get_outputs()
        sizes = [item.shape[-1] for item in (*inputs, *outputs)]
    except Exception as error:  # ONNX Runtime raises a family of its own for a broken network
        raise BundleError(f"{file}: not a network ONNX Runtime can run: {error}") from error
    expected = [bundle.interface.n_obs, bundle.interface.n_action]
    if [item.name for item in inputs] != ["observation"] or sizes != expected:
        raise BundleError(f"{file}: inputs and outputs of size {sizes}, expected {expected}")
    return session
