"""Any arm and any task as a Gymnasium goal environment."""

from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.errors import ConfigError
from robot_learning.policy import History, Input, Interface
from robot_learning.robot import ArmBackend, ArmModel, ArmState, RobotSpec
from robot_learning.safety import SafetyFilter, Status
from robot_learning.sim import BulletArm, Things, World
from robot_learning.tasks import TASKS, Start

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
        task: name of a task.
        action_mode: ``joint_velocity``, ``tip_displacement`` or ``tool_down``; the task's own
            where None is given.
        reward: ``sparse`` or ``dense``.
        tolerance: distance that counts as reached, m; the task's own where None is given.
        render_mode: None, ``rgb_array`` or ``human``.
        backend: an arm to use instead of a simulated one.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 25}

    def __init__(
        self,
        robot: str | Path = "panda",
        task: str = "reach",
        action_mode: str | None = None,
        reward: str = "dense",
        tolerance: float | None = None,
        render_mode: str | None = None,
        backend: ArmBackend | None = None,
    ) -> None:
        if task not in TASKS:
            raise ConfigError(f"task '{task}': no such task; there are {', '.join(TASKS)}")
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"render_mode '{render_mode}': expected rgb_array, human or None")
        self.render_mode = render_mode
        # Gymnasium keeps `spec` for its own EnvSpec.
        self.robot = RobotSpec.load(robot)
        self.model = ArmModel(self.robot)
        self.task = TASKS[task](self.model, reward=reward, tolerance=tolerance)
        self.interface = Interface(
            joints=self.robot.joints,
            action_mode=action_mode or self.task.action_mode,
            gripper=self.task.gripper,
            achieved=self.task.achieved,
            desired=self.task.desired,
            observed=self.task.observed,
            control_period=self.robot.control_period,
            policy_every=self.robot.policy_every,
            tolerance=self.task.tolerance,
        )
        self.filter = SafetyFilter(self.robot)
        self.world: World | None = None
        self.things: Things | None = None
        if backend is None:
            self.world = World(
                gui=render_mode == "human",
                floor=self.robot.safety.floor,
                floor_friction=self.task.floor_friction,
            )
            backend = BulletArm(self.world, self.robot)
            self.things = Things(self.world, self.task.things)
        elif self.task.things:
            raise ConfigError(f"task '{task}': its things are simulated; it takes no backend")
        self.backend = backend
        self.flat_observation = np.zeros(self.interface.n_obs, dtype=np.float32)
        self.history = History.start(self.interface)
        self._state: ArmState | None = None
        parts = self.interface.split(self.flat_observation)
        spaces: Any = gymnasium.spaces.Dict(
            {
                name: gymnasium.spaces.Box(-np.inf, np.inf, part.shape, np.float32)
                for name, part in parts.items()
            }
        )
        self.observation_space = spaces
        self.action_space = gymnasium.spaces.Box(-1.0, 1.0, (self.interface.n_action,), np.float32)

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
        self._state = self.backend.reset(start.q, start.opening)
        self.filter.reset(start.q, self._state.stamp, start.opening)
        self.history = History.start(self.interface)
        if self.things is not None:
            self.things.lift()
            for name, place in start.places.items():
                self.things.place(name, *place)
        observation = self._observe()
        return observation, self._info(observation, changed=False)

    def step(
        self, action: ArrayLike
    ) -> tuple[dict[str, NDArray[np.float32]], float, bool, bool, dict[str, Any]]:
        """Move for one policy period."""
        changed, seen = False, self.inputs()
        for _ in range(self.robot.policy_every):
            command = self.interface.decode(self.model, action, self.state)
            dt, now = self.robot.control_period, self.state.stamp
            result = self.filter.apply(command, self.state, dt, now)
            changed = changed or result.status is not Status.OK
            self._state = self.backend.step(result.stop, dt, result.opening)
        self.history.push(action, seen)
        observation = self._observe()
        info = self._info(observation, changed)
        achieved, desired = observation["achieved_goal"], observation["desired_goal"]
        return observation, float(self.compute_reward(achieved, desired, info)), False, False, info

    def inputs(self) -> dict[str, Input]:
        """Return what a deployed policy is told by topics: goals, where the things are."""
        now = self.state.stamp
        values = self.task.inputs(now)
        if self.things is not None:
            values |= self.things.positions()
        if self.task.gripper and isinstance(self.backend, BulletArm):
            values["gripper_opening"] = np.array([self.backend.opening()])
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
        reach = float(np.abs(self.robot.workspace_upper).max())
        centre = (self.robot.workspace_lower + self.robot.workspace_upper) / 4
        return self.world.render(target=centre + [0, 0, 0.15], distance=1.1 + reach)

    def close(self) -> None:
        """End the simulation."""
        if self.world is not None:
            self.world.close()

    def _show_goal(self) -> None:
        for name in ("goal", "stack_goal"):
            position = self.task.inputs(self.state.stamp).get(name)
            if position is not None and self.world is not None:
                self.world.set_marker(name, position, self.task.tolerance)

    def _observe(self) -> dict[str, NDArray[np.float32]]:
        flat = self.interface.observe(self.model, self.state, self.inputs(), self.history)
        self.flat_observation = flat
        if self.render_mode is not None:
            self._show_goal()
        return self.interface.split(flat)

    def _info(self, observation: dict[str, NDArray[np.float32]], changed: bool) -> dict[str, Any]:
        achieved, desired = observation["achieved_goal"], observation["desired_goal"]
        shares = self.task.errors(achieved, desired) / self.task.tolerances
        return {
            "is_success": bool((shares <= 1.0).all()),
            "distance": float(shares.max() * self.task.tolerance),
            "command_changed": changed,
            "effort": float(np.mean((self.state.qd / self.robot.velocity) ** 2)),
        }
