"""Any arm and any task as a Gymnasium goal environment."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Input, JointCommand, Snapshot
from robot_learning.envs.ideal import Ideal
from robot_learning.envs.interfaces import check_interface, task_interface
from robot_learning.envs.stepping import Info, judge_all, observe_all, step_all
from robot_learning.envs.worlds import make_world
from robot_learning.kinematics import ArmModel
from robot_learning.policy import History, Interface
from robot_learning.robot import RobotSpec
from robot_learning.safety import SafetyFilter, SafetyResult, Status
from robot_learning.tasks import TaskSettings, load_task, make_task
from robot_learning.worlds.camera import Camera
from robot_learning.worlds.sensing import Seen, Sensing, shifted
from robot_learning.worlds.variation import Randomization, Variation, load_shifts
from robot_learning.worlds.world import World

Array = NDArray[np.float64]
Observed = dict[str, NDArray[np.float32]]


class ArmEnv(gymnasium.Env[dict[str, NDArray[np.float32]], NDArray[np.float32]]):
    """An arm behind its safety filter, with observations as a deployed policy gets them.

    Observations are a dict of ``observation``, ``achieved_goal`` and ``desired_goal``; actions
    are in [-1, 1]. ``info`` holds ``is_success``, ``distance`` (m; of the worst part of the goal,
    other parts in units of their tolerance), ``command_changed`` (by the safety filter) and
    ``effort``: the mean over the joints of the squared velocity, as a fraction of its limit.

    Args:
        robot: name of a shipped robot, path of a YAML file, or what was read from it.
        task: name of a task, path of a YAML file of one, or what was read from it.
        action_mode: ``joint_velocity``, ``tip_displacement`` or ``tool_down``; the task's own
            where None is given.
        reward: ``sparse`` or ``dense``.
        tolerance: distance that counts as reached, m; the task's own where None is given.
        render_mode: None, ``rgb_array`` or ``human``.
        world: what answers its motions: the name of one in
            :data:`robot_learning.envs.worlds.WORLDS`, or one of one's own.
        filter: what guards the arm in place of a filter with everything on.
        interface: how a policy sees and moves the arm, a bundle's for example; made from the task,
            ``action_mode`` and ``goal_terms`` where None is given.
        shift: what the physics and the sensors are to differ in from episode to episode: a YAML
            file, the name of a shipped one, or what was read; None for nothing. The observation
            and the reward are of what arrives, ``is_success`` and ``distance`` of what is.
        goal_terms: whether ``observation`` may have terms that depend on the goal. Hindsight
            replay needs it without them: it changes ``desired_goal`` alone.
        observed: names of the terms of ``observation``; the task's own where None is given.

    Attributes:
        inputs: what a deployed policy is told by topics: goals, where the objects are.
        start: of the episode.
        opening: that the gripper was sent to last, 0 closed to 1 open; None for nowhere yet.
        steps_taken: since the episode began.
        history: what its policy remembers.
        ideal_history: the same, had the sensors neither delay nor noise.
        command: of the policy period, before the filter; None where none was sent.
        results: what left the filter in the policy period that is over, a control period each.
        variation: what differs in this episode.
        task_settings: what the task was asked to be.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 25}

    def __init__(
        self,
        robot: str | Path | RobotSpec = "panda",
        task: str | Path | TaskSettings = "reach",
        action_mode: str | None = None,
        reward: str = "dense",
        tolerance: float | None = None,
        render_mode: str | None = None,
        world: str | World = "bullet",
        filter: SafetyFilter | None = None,
        interface: Interface | None = None,
        shift: str | Path | Randomization | None = None,
        goal_terms: bool = True,
        observed: Sequence[str] | None = None,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"render_mode '{render_mode}': expected rgb_array, human or None")
        self.render_mode = render_mode
        # Gymnasium keeps `spec` for its own EnvSpec.
        self.robot = robot if isinstance(robot, RobotSpec) else RobotSpec.load(robot)
        self.model = ArmModel(self.robot)
        self.task_settings = task if isinstance(task, TaskSettings) else load_task(task)
        self.filter = SafetyFilter(self.robot) if filter is None else filter
        free = self.filter.is_free
        self.task = make_task(self.task_settings, self.model, reward, tolerance, free)
        self.interface = interface or task_interface(
            self.task, self.robot, action_mode or self.task.action_mode, goal_terms, observed
        )
        check_interface(self.interface, self.robot)
        self._goal_terms = replace(self.interface, observed=())
        self._shifts = load_shifts(shift) if isinstance(shift, str | Path) else shift
        if isinstance(world, str):
            world = make_world(world, self.robot, self.task, render_mode == "human")
        self.world = world
        if self._shifts is not None and not self.world.varies:
            raise ConfigError(f"shift: {type(self.world).__name__} has no physics to vary")
        self.flat_observation = np.zeros(self.interface.n_obs, dtype=np.float32)
        self.history = self.ideal_history = History.start(self.interface)
        self.inputs: Mapping[str, Input] = {}
        self.steps_taken = 0
        self._state: ArmState | None = None
        self._truth: Snapshot | None = None
        self.variation = Variation()
        self._sensing: Sensing | None = None
        self._sent: deque[tuple[Trajectory, float | None]] = deque()
        self.opening: float | None = None
        self.command: JointCommand | None = None
        self.results: list[SafetyResult] = []
        spaces: Any = gymnasium.spaces.Dict(
            {
                name: gymnasium.spaces.Box(-np.inf, np.inf, part.shape, np.float32)
                for name, part in self.interface.split(self.flat_observation).items()
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
    ) -> tuple[Observed, Info]:
        """Start an episode; equal seeds start equal episodes.

        ``options`` may give a ``start``, and ``goals``: inputs by name as a function of time, s.
        """
        super().reset(seed=seed)
        given = options or {}
        self.start = start = given.get("start") or self.task.free_start(self.np_random)
        self.opening, self._goals = start.opening, given.get("goals", self.task.inputs)
        self._sent.clear()
        self.steps_taken = 0
        if self._shifts is not None:
            self._sensing = shifted(self.world, self._shifts, self.np_random)
            self.variation = self._sensing.variation
            at_start = (Trajectory.rest(start.q), start.opening)
            self._sent.extend([at_start] * self.variation.action_latency)
        snapshot = self.world.reset(start)
        self.filter.reset(start.q, snapshot.state.stamp, start.opening)
        self.history = self.ideal_history = History.start(self.interface)
        if self._sensing is not None:
            self.ideal_history = History.start(self.interface)
        self._sense(snapshot)
        self.results = []
        _, infos = judge_all([self], observe_all([self]))
        return self.interface.split(self.flat_observation), infos[0]

    def step(self, action: ArrayLike | None) -> tuple[Observed, float, bool, bool, Info]:
        """Move for one policy period; None sends nothing, as a policy does that refuses to act."""
        _, rewards, infos = step_all([self], [action])
        observation = self.interface.split(self.flat_observation)
        return observation, float(rewards[0]), False, False, infos[0]

    def guard(self) -> None:
        """Let the filter make a motion of one control period of it."""
        dt = self.robot.control_period
        result = self.filter.apply(self.command, self.state, dt, self.time)
        self.results.append(result)
        self._sent.append((result.stop, result.opening))

    def move(self) -> None:
        """Move as the filter says, and take in what is so at the end of the control period."""
        motion, self.opening = self._sent.popleft()
        self._sense(self.world.step(motion, self.robot.control_period, self.opening))

    def keep(self, flat: NDArray[np.float32]) -> None:
        """Keep what is observed (n_obs,), and show the goal where there is a window."""
        self.flat_observation = flat
        if self.render_mode == "human":
            self._show_goal()

    @property
    def time(self) -> float:
        """When the next motion begins, s since the episode began."""
        return 0.0 if self._truth is None else self.world.next_start(self._truth)

    @property
    def delay(self) -> float:
        """How late a decision of now takes effect: the state's age and the arm's delay, s."""
        return self.time - self.state.stamp + self.filter.delay

    @property
    def ideal(self) -> Ideal:
        """What there is to know: what is true now, but for a bias, which nothing would show."""
        assert self._truth is not None
        seen: Seen = self._truth.state, self._told(self._truth)
        if self._sensing is not None:
            seen = self._sensing.expect(*seen)
        return Ideal(
            task=self.task,
            interface=self.interface,
            model=self.model,
            history=self.ideal_history,
            state=seen[0],
            inputs=seen[1],
            delay=self.variation.action_latency * self.robot.control_period,
        )

    @property
    def changed(self) -> bool:
        """Whether the filter changed what was asked for in the policy period that is over."""
        return any(result.status is not Status.OK for result in self.results)

    def _sense(self, snapshot: Snapshot) -> None:
        """Take what is true now for what is measured, or let the sensors make it of it."""
        self._truth = snapshot
        self._state, self.inputs = snapshot.state, self._told(snapshot)
        if self._sensing is not None:
            self._state, self.inputs = self._sensing.measure(self._state, self.inputs)

    def _told(self, snapshot: Snapshot) -> dict[str, Input]:
        """Return what the task tells at that time beside what the world measures."""
        now = snapshot.state.stamp
        told = {name: Input(value, now) for name, value in self._goals(now).items()}
        return {**told, **snapshot.inputs}

    def compute_reward(self, achieved: ArrayLike, desired: ArrayLike, info: Any) -> Array:
        """Return the reward (...,) for achieved and desired goals (..., 3), for HER."""
        return self.task.reward(achieved, desired, info)

    def render(self) -> Any:
        """Return a picture (h, w, 3) in mode ``rgb_array``."""
        if self.render_mode != "rgb_array" or not self.world.visible:
            return None
        self._show_goal()
        return self.world.look(self.camera).rgb

    @property
    def camera(self) -> Camera:
        """A camera that sees the whole workspace."""
        centre = (self.robot.workspace_lower + self.robot.workspace_upper) / 4
        return Camera(centre + [0, 0, 0.15], 1.1 + float(np.abs(self.robot.workspace_upper).max()))

    def close(self) -> None:
        """End the world."""
        self.world.close()

    def _show_goal(self) -> None:
        for name in ("goal", "stack_goal"):
            if name in self.inputs:
                self.world.mark(name, self.inputs[name].value, self.task.tolerance)

    def true_errors(self, seen: Array) -> Array:
        """Return the errors of the task, whatever the sensors make of them in ``seen``."""
        if self._truth is None or (self._sensing is None and not self.delay):
            return seen
        state, told = self._truth.state, self._told(self._truth)
        flat = self._goal_terms.observe(self.model, state, told, self.history)
        achieved = self._goal_terms.term_slices()[self.interface.desired[0]].start
        return self.task.errors(flat[:achieved], flat[achieved:])
