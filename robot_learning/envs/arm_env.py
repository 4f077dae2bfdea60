"""Any arm and any task as a Gymnasium goal environment."""

import math
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmBackend, ArmState, Input
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, Interface
from robot_learning.policy.terms import TERMS
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter, Status
from robot_learning.tasks import Start, TaskSettings, load_task, make_task
from robot_learning.worlds.bullet import BulletArm, Camera, Objects, World, look
from robot_learning.worlds.sensing import Sensing
from robot_learning.worlds.variation import Randomization, Variation, load_shifts

Array = NDArray[np.float64]
DRAWS = 1000


class ArmEnv(gymnasium.Env[dict[str, NDArray[np.float32]], NDArray[np.float32]]):
    """An arm behind its safety filter, with observations as a deployed policy gets them.

    Observations are a dict of ``observation``, ``achieved_goal`` and ``desired_goal``; actions
    are in [-1, 1]. ``info`` holds ``is_success``, ``distance`` (m; of the worst part of the goal,
    other parts in units of their tolerance), ``command_changed`` (by the safety filter) and
    ``effort``: the mean over the joints of the squared velocity, as a fraction of its limit.

    Args:
        robot: name of a shipped robot or path of a YAML file.
        task: name of a task, path of a YAML file of one, or what was read from it.
        action_mode: ``joint_velocity``, ``tip_displacement`` or ``tool_down``; the task's own
            where None is given.
        reward: ``sparse`` or ``dense``.
        tolerance: distance that counts as reached, m; the task's own where None is given.
        render_mode: None, ``rgb_array`` or ``human``.
        backend: an arm to use instead of a simulated one.
        shift: what the physics and the sensors are to differ in from episode to episode: a YAML
            file, the name of a shipped one, or what was read; None for nothing. The observation
            and the reward are of what arrives, ``is_success`` and ``distance`` of what is.
        goal_terms: whether ``observation`` may have terms that depend on the goal. Hindsight
            replay needs it without them: it changes ``desired_goal`` alone.

    Attributes:
        inputs: what a deployed policy is told by topics: goals, where the objects are.
        variation: what differs in this episode.
        task_settings: what the task was asked to be.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 25}

    def __init__(
        self,
        robot: str | Path = "panda",
        task: str | Path | TaskSettings = "reach",
        action_mode: str | None = None,
        reward: str = "dense",
        tolerance: float | None = None,
        render_mode: str | None = None,
        backend: ArmBackend | None = None,
        shift: str | Path | Randomization | None = None,
        goal_terms: bool = True,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"render_mode '{render_mode}': expected rgb_array, human or None")
        self.render_mode = render_mode
        # Gymnasium keeps `spec` for its own EnvSpec.
        self.robot = RobotSpec.load(robot)
        self.model = ArmModel(self.robot)
        self.task_settings = task if isinstance(task, TaskSettings) else load_task(task)
        self.filter = SafetyFilter(self.robot)
        free = self.filter.is_free
        self.task = make_task(self.task_settings, self.model, reward, tolerance, free)
        self.interface = self._make_interface(action_mode or self.task.action_mode, goal_terms)
        self.world: World | None = None
        self.objects: Objects | None = None
        if backend is None:
            period = self.robot.control_period
            self.world = World(
                gui=render_mode == "human",
                physics_dt=period / math.ceil(period / self.task.physics_dt),
                floor=self.robot.safety.floor,
                floor_friction=self.task.floor_friction,
            )
            backend = BulletArm(self.world, self.robot, gripper=self.task.gripper)
            self.objects = Objects(self.world, self.task.objects)
        elif self.task.objects or shift is not None:
            raise ConfigError(
                f"task '{self.task.name}': objects and shifts are simulated; it takes no backend"
            )
        self.backend = backend
        self.flat_observation = np.zeros(self.interface.n_obs, dtype=np.float32)
        self.history = History.start(self.interface)
        self.inputs: Mapping[str, Input] = {}
        self._state: ArmState | None = None
        self._truth: ArmState | None = None
        self._shifts = load_shifts(shift) if isinstance(shift, str | Path) else shift
        self.variation = Variation()
        self._sensing: Sensing | None = None
        self._sent: deque[tuple[Trajectory, float | None]] = deque()
        parts = self.interface.split(self.flat_observation)
        spaces: Any = gymnasium.spaces.Dict(
            {
                name: gymnasium.spaces.Box(-np.inf, np.inf, part.shape, np.float32)
                for name, part in parts.items()
            }
        )
        self.observation_space = spaces
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (self.interface.n_action,), np.float32)

    def _make_interface(self, action_mode: str, goal_terms: bool) -> Interface:
        observed = self.task.observed
        return Interface(
            joints=self.robot.joints,
            action_mode=action_mode,
            gripper=self.task.gripper,
            achieved=self.task.achieved,
            desired=self.task.desired,
            observed=tuple(name for name in observed if goal_terms or not TERMS[name].of_goal),
            control_period=self.robot.control_period,
            policy_every=self.robot.policy_every,
            tolerance=self.task.tolerance,
        )

    @property
    def state(self) -> ArmState:
        """The measured joint state after the last step."""
        if self._state is None:
            raise gymnasium.error.ResetNeeded("call reset before anything else")
        return self._state

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, Any]]:
        """Start an episode; equal seeds start equal episodes."""
        super().reset(seed=seed)
        start = self._free_start()
        self._sent.clear()
        if self._shifts is not None:
            self.variation = self._shifts.draw(self.np_random)
            self._apply(self.variation, start)
        state = self.backend.reset(start.q, start.opening)
        self.filter.reset(start.q, state.stamp, start.opening)
        self.history = History.start(self.interface)
        if self.objects is not None:
            self.objects.lift()
            for name, place in start.places.items():
                self.objects.place(name, *place)
        self._sense(state)
        observation = self._observe()
        return observation, self._info(self._true_errors(self._errors(observation)), changed=False)

    def step(
        self, action: ArrayLike | None
    ) -> tuple[dict[str, NDArray[np.float32]], float, bool, bool, dict[str, Any]]:
        """Move for one policy period; None sends nothing, as a policy does that refuses to act."""
        changed, seen, dt = False, self.inputs, self.robot.control_period
        command = None
        if action is not None:
            command = self.interface.decode(self.model, action, self.state)
        for _ in range(self.robot.policy_every):
            result = self.filter.apply(command, self.state, dt, self.time)
            changed = changed or result.status is not Status.OK
            self._sent.append((result.stop, result.opening))
            motion, opening = self._sent.popleft()
            self._sense(self.backend.step(motion, dt, opening))
        if action is not None:
            self.history.push(action, seen)
        observation = self._observe()
        seen_errors = self._errors(observation)
        info = self._info(self._true_errors(seen_errors), changed)
        reward = float(self.task.score(seen_errors, info["effort"]))
        return observation, reward, False, False, info

    @property
    def time(self) -> float:
        """Simulated time since the episode began, s."""
        return 0.0 if self._truth is None else self._truth.stamp

    def _sense(self, state: ArmState) -> None:
        """Take what is true now for what is measured, or let the sensors make it of it."""
        self._truth = state
        self._state, self.inputs = state, self._read_inputs()
        if self._sensing is not None:
            self._state, self.inputs = self._sensing.measure(state, self.inputs)

    def _apply(self, variation: Variation, start: Start) -> None:
        assert self.world is not None and self.objects is not None
        assert isinstance(self.backend, BulletArm)
        self.backend.vary(
            link_mass=variation.link_mass,
            payload=variation.payload,
            damping=variation.damping,
            motor_gain=variation.motor_gain,
            motor_force=variation.motor_force,
        )
        self.objects.vary(variation.object_mass, variation.friction)
        self.world.tilt_gravity(variation.gravity_tilt, self.np_random.uniform(-np.pi, np.pi))
        self._sensing = Sensing(variation, self.np_random)
        self._sent.extend([(Trajectory.rest(start.q), start.opening)] * variation.action_latency)

    def _read_inputs(self) -> dict[str, Input]:
        now = self.time
        values = self.task.inputs(now)
        if self.objects is not None:
            values |= self.objects.positions()
        if self.task.gripper and isinstance(self.backend, BulletArm):
            values["gripper_opening"] = np.array([self.backend.opening])
        return {name: Input(value, now) for name, value in values.items()}

    def _free_start(self) -> Start:
        for _ in range(DRAWS):
            start = self.task.reset(self.np_random)
            if self.filter.is_free(start.q):
                return start
        raise ConfigError(f"{self.robot.path}: none of {DRAWS} starts keeps the safety margins")

    def compute_reward(self, achieved: ArrayLike, desired: ArrayLike, info: Any) -> Array:
        """Return the reward (...,) for achieved and desired goals (..., 3), for HER."""
        return self.task.reward(achieved, desired, info)

    def render(self) -> Any:
        """Return a picture (h, w, 3) in mode ``rgb_array``."""
        if self.render_mode != "rgb_array" or self.world is None:
            return None
        self._show_goal()
        return look(self.world, self.camera).rgb

    @property
    def camera(self) -> Camera:
        """A camera that sees the whole workspace."""
        reach = float(np.abs(self.robot.workspace_upper).max())
        centre = (self.robot.workspace_lower + self.robot.workspace_upper) / 4
        return Camera(centre + [0, 0, 0.15], 1.1 + reach)

    def close(self) -> None:
        """End the simulation."""
        if self.world is not None:
            self.world.close()

    def _show_goal(self) -> None:
        for name in ("goal", "stack_goal"):
            if self.world is not None and name in self.inputs:
                self.world.set_marker(name, self.inputs[name].value, self.task.tolerance)

    def _observe(self) -> dict[str, NDArray[np.float32]]:
        flat = self.interface.observe(self.model, self.state, self.inputs, self.history)
        self.flat_observation = flat
        if self.render_mode == "human":
            self._show_goal()
        return self.interface.split(flat)

    def _errors(self, observation: dict[str, NDArray[np.float32]]) -> Array:
        return self.task.errors(observation["achieved_goal"], observation["desired_goal"])

    def _true_errors(self, seen: Array) -> Array:
        """Return the errors of the task, whatever the sensors make of them in ``seen``."""
        if self._sensing is None or self._truth is None:
            return seen
        flat = self.interface.observe(self.model, self._truth, self._read_inputs(), self.history)
        return self._errors(self.interface.split(flat))

    def _info(self, errors: Array, changed: bool) -> dict[str, Any]:
        speed = self.state.qd / self.robot.velocity
        distance = float(self.task.farthest(errors))
        return {
            "is_success": distance <= self.task.tolerance,
            "distance": distance,
            "command_changed": changed,
            "effort": float(speed @ speed) / self.robot.n,
        }
