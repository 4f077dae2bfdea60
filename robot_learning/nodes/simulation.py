"""What ``sim_node`` simulates: an arm, alone or in a task's scene, and its controllers."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import StateError
from robot_learning.base.settings import check
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Input, Start
from robot_learning.kinematics import ArmModel
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.safety.guards import Guards
from robot_learning.tasks import Task, TaskSettings, load_task, make_task
from robot_learning.worlds.bullet import PHYSICS_DT, BulletWorld
from robot_learning.worlds.controllers import TrajectoryController, VelocityController
from robot_learning.worlds.sensing import Seen, Sensing, shifted
from robot_learning.worlds.variation import Randomization

Array = NDArray[np.float64]
SOON = 1e-9  # s; a command due within it is due now
BRAKING = 1.0  # s after a reset within which who drove the arm before has noticed and stopped
FINGERS, TURN = "fingers", "turn of "  # what is measured besides positions of objects


class Measured(NamedTuple):
    """What the sensors tell, all true at one time.

    Attributes:
        state: of the arm.
        fingers: positions and velocities (2, k) of the gripper's joints, rad or m, and per s.
        poses: of each object, (7,), base frame: position, m, and quaternion (x, y, z, w).
    """

    state: ArmState
    fingers: Array
    poses: Mapping[str, Array]


class Simulation:
    """A world in physics steps: commands come in, measurements go out, late or lost by a shift.

    Args:
        spec: the robot.
        task: whose scene is around it; None for the arm alone. A gripper moves where the task
            needs one: a moving one doubles the time of a physics step.
        shifts: what each episode differs in; None for nothing.
        rate: of measurements, Hz; at least one physics step lies between two.
        gui: open PyBullet's window.

    Attributes:
        dt: time of a physics step, s.
        every: physics steps from one measurement to the next.
        gripper: the robot's where it moves, else None.
        objects: names of what is moved.
        arm_controller: what moves the arm's joints (n,).
        gripper_controller: what moves the gripper's opening (1,).
    """

    def __init__(
        self,
        spec: RobotSpec,
        task: Task | None,
        shifts: Randomization | None,
        rate: float,
        gui: bool = False,
    ) -> None:
        self.spec, self.task, self._shifts = spec, task, shifts
        if task is None:
            self.world = BulletWorld(spec, physics_dt=PHYSICS_DT, gui=gui)
        else:
            self.world = BulletWorld(
                spec,
                task.objects,
                gripper=task.gripper,
                floor_friction=task.floor_friction,
                physics_dt=min(task.physics_dt, 1.0 / rate),
                gui=gui,
            )
        self.dt = self.world.server.physics_dt
        self.every = max(1, round(1.0 / rate / self.dt))
        self.gripper = spec.gripper if task is not None and task.gripper else None
        self.objects = () if task is None else tuple(item.name for item in task.objects)
        self.arm_controller: TrajectoryController = TrajectoryController(spec.home)
        self.gripper_controller = TrajectoryController(np.zeros(1))
        self._sent: deque[tuple[float, Callable[[], None]]] = deque()
        self._delay, self._noticed, self._begun = 0.0, -np.inf, False
        self._sensing: Sensing | None = None
        self._seen: Seen | None = None

    def begin(self, seed: int, now: float, told: Start | None = None) -> None:
        """Begin the episode of a seed at ``now``, s, as ``ArmEnv`` does; at home if alone.

        It begins at ``told`` where that is given.

        Raises:
            ConfigError: where the task finds no start.
        """
        rng = np.random.default_rng(seed)
        start = Start(self.spec.home) if self.task is None else self.task.free_start(rng)
        start = told or start
        if self._shifts is not None:
            rate = self.spec.control_period / (self.dt * self.every)
            self._sensing = shifted(self.world, self._shifts, rng, rate)
            self._delay = self._sensing.variation.action_latency * self.spec.control_period
        self.world.reset(start)
        self._seen = None
        self._noticed = now + BRAKING if self._begun else -np.inf
        self._begun = True
        self._hold(start.q, np.array([start.opening]))

    def stay(self, now: float) -> None:
        """Hold what the controllers are at, and forget what is on its way to them."""
        self._noticed = -np.inf
        self._hold(self.arm_controller.sample(now)[0], self.gripper_controller.sample(now)[0])

    def send(
        self, controller: TrajectoryController, motion: Trajectory, start: float, now: float
    ) -> None:
        """Send a controller what it is to follow from ``start`` on, s; it may arrive late.

        Raises:
            StateError: soon after a reset, where it goes on from where the arm was before.
        """
        follows = controller is self.arm_controller and not isinstance(
            controller, VelocityController
        )
        if follows and now < self._noticed:
            self._refuse_elsewhere(motion, start, now)
        due = now + self._delay
        self._sent.append((due, lambda: controller.accept(motion, start + self._delay, due)))
        self._deliver(now)

    def step(self, now: float) -> None:
        """Advance the physics by a step that begins at ``now``, s."""
        self._deliver(now)
        q, qd = self.arm_controller.sample(np.array([now, now + self.dt]))
        opening = float(self.gripper_controller.sample(now)[0][0])
        self.world.step(Trajectory(np.array([0.0, self.dt]), q, qd), self.dt, opening)

    def measure(self, now: float) -> Measured | None:
        """Measure; return what arrives at ``now``, s, which may be older, or None."""
        state = replace(self.world.arm.state(), stamp=now)
        inputs = {FINGERS: Input(self.world.arm.fingers, now)}
        for name, pose in self.world.objects.poses().items():
            inputs |= {name: Input(pose[:3], now), TURN + name: Input(pose[3:], now)}
        seen: Seen = state, inputs
        if self._sensing is not None:
            seen = self._sensing.measure(state, inputs)
        # What comes from the future was measured before the clock was set back.
        if seen is self._seen or seen[0].stamp > now:
            return None
        self._seen = seen
        state, told = seen
        poses = {
            name: np.concatenate([told[name].value, told[TURN + name].value])
            for name in self.objects
        }
        return Measured(state, told[FINGERS].value, poses)

    def _refuse_elsewhere(self, motion: Trajectory, start: float, now: float) -> None:
        """Refuse a motion of the arm that it can't be on in time from where it is held."""
        spare = max(start + motion.times[0] - now, 0.0)
        away = motion.sample(now + spare - start)[0] - self.arm_controller.sample(now)[0]
        if (np.abs(away) > self.spec.tracking_error + spare * self.spec.velocity).any():
            raise StateError("it goes on from where the arm was before the reset")

    def _hold(self, q: Array, opening: Array) -> None:
        self.arm_controller.reset(q)
        self.gripper_controller.reset(opening)
        self._sent.clear()

    def _deliver(self, now: float) -> None:
        while self._sent and self._sent[0][0] <= now + SOON:
            self._sent.popleft()[1]()


def load_scene(spec: RobotSpec, name: str) -> Task | None:
    """Return the task of a scene; None where ``name`` is empty.

    Args:
        spec: the robot.
        name: of a task or of a file in ``config/tasks``; a YAML file, or the folder of a bundle.

    Raises:
        RobotLearningError: naming what is wrong with it, or what the arm can't do.
    """
    if not name:
        return None
    if (Path(name) / "bundle.json").is_file():
        settings = check(TaskSettings, PolicyBundle.load(name).task_settings, f"task '{name}'")
    else:
        settings = load_task(name)
    return make_task(settings, ArmModel(spec), free=Guards(spec).is_free)
