"""An arm, the objects that it moves and the floor, simulated in MuJoCo."""

from collections.abc import Sequence

import mujoco
import numpy as np
from numpy.typing import ArrayLike, NDArray

from robot_learning.base.objects import ObjectSpec
from robot_learning.base.trajectory import Trajectory
from robot_learning.base.types import ArmState, Input, Scene, Snapshot, Start
from robot_learning.kinematics import ArmModel
from robot_learning.robot import RobotSpec
from robot_learning.worlds.agreement import agree
from robot_learning.worlds.camera import Camera, Picture
from robot_learning.worlds.gravity import pull, up_frame
from robot_learning.worlds.lag import Lag
from robot_learning.worlds.mujoco.building import build
from robot_learning.worlds.mujoco.camera import Eye
from robot_learning.worlds.mujoco.motors import Motors
from robot_learning.worlds.mujoco.nominal import Nominal
from robot_learning.worlds.mujoco.reading import disagreements
from robot_learning.worlds.mujoco.window import Window
from robot_learning.worlds.variation import Variation
from robot_learning.worlds.world import World

Array = NDArray[np.float64]
ALOFT = 10.0  # m, where objects are that an episode does not place


class MujocoWorld(World):
    """Another engine's view of the same robot: its own contacts, and joints that lag.

    Args:
        spec: the robot.
        objects: what it moves.
        gripper: let its gripper move.
        floor_friction: coefficient of the floor.
        gui: open MuJoCo's window.

    Raises:
        ConfigError: where MuJoCo has the robot differently than Pinocchio and coal, or where
            there is no display for a window.
    """

    varies = True
    visible = True

    def __init__(
        self,
        spec: RobotSpec,
        objects: Sequence[ObjectSpec] = (),
        *,
        gripper: bool = False,
        floor_friction: float = 1.0,
        gui: bool = False,
    ) -> None:
        self._gripper = spec.gripper if gripper else None
        fingers = self._gripper.joints if self._gripper else ()
        self._model = build(spec, objects, fingers, floor_friction)
        agree(disagreements(self._model, spec, fingers))
        self._data = mujoco.MjData(self._model)
        self._motors = Motors(self._model, self._data, spec, self._gripper)
        self._lag = Lag()
        self._objects = {item.name: self._model.joint(item.name) for item in objects}
        links, names = [*spec.joints, *fingers], [item.name for item in objects]
        self._nominal = Nominal(self._model, self._data, links, spec.joints[-1], names)
        self._R_base_up = up_frame(ArmModel(spec).gravity)
        self._model.opt.gravity = pull(self._R_base_up)
        self._marks: dict[str, tuple[Array, float]] = {}
        self._eye = Eye(self._model, names)
        self._window = Window(self._model, self._data) if gui else None

    def reset(self, start: Start) -> Snapshot:
        """See :class:`~robot_learning.worlds.world.World`."""
        mujoco.mj_resetData(self._model, self._data)
        for number, name in enumerate(self._objects):
            self._place(name, np.array([ALOFT, 0.0, ALOFT + number]), 0.0)
        for name, place in start.places.items():
            self._place(name, *place)
        self._lag.reset()
        self._motors.reset(np.asarray(start.q, dtype=np.float64), start.opening)
        if start.scene is not None:
            self._motors.put_fingers(start.scene.fingers)
            for name, body in start.scene.bodies.items():
                self._put(name, body)
        mujoco.mj_forward(self._model, self._data)
        self._show()
        return self._snapshot()

    def step(self, motion: Trajectory, dt: float, opening: float | None = None) -> Snapshot:
        """See :class:`~robot_learning.worlds.world.World`."""
        if opening is not None:
            self._motors.opening = opening
        timestep = self._model.opt.timestep
        count = round(dt / timestep)
        if self._lag.constant:
            steps = self._lag.follow(motion.steps(count, timestep), timestep)[:-1]
        else:
            steps = np.stack(motion.sample(np.arange(count) * timestep), axis=1)
        for q, qd in steps:
            self._motors.drive(q, qd)
            mujoco.mj_step(self._model, self._data)
        self._show()
        return self._snapshot()

    def scene(self) -> Scene:
        """See :class:`~robot_learning.worlds.world.World`."""
        bodies = {}
        for name in self._objects:
            where, how_fast = self._addresses(name)
            position, turn = np.split(self._data.qpos[where : where + 7], [3])
            twist = self._data.qvel[how_fast : how_fast + 6].copy()
            twist[3:] = _rotated(turn, twist[3:])
            bodies[name] = np.concatenate([position, np.roll(turn, -1), twist])
        return Scene(bodies, self._motors.fingers())

    def vary(self, variation: Variation, rng: np.random.Generator) -> None:
        """See :class:`~robot_learning.worlds.world.World`."""
        self._nominal.vary(variation)
        self._motors.vary(variation.motor_gain, variation.motor_force)
        self._lag.constant = variation.motor_lag
        heading = rng.uniform(-np.pi, np.pi)
        self._model.opt.gravity = pull(self._R_base_up, variation.gravity_tilt, heading)

    def look(self, camera: Camera) -> Picture:
        """See :class:`~robot_learning.worlds.world.World`."""
        mujoco.mj_kinematics(self._model, self._data)
        return self._eye.look(self._data, camera, self._marks)

    def mark(self, name: str, position: ArrayLike, radius: float) -> None:
        """See :class:`~robot_learning.worlds.world.World`."""
        self._marks[name] = np.array(position, dtype=np.float64), radius

    def hide_marks(self) -> None:
        """See :class:`~robot_learning.worlds.world.World`."""
        self._marks.clear()

    def close(self) -> None:
        """Close the window, and end what draws pictures."""
        self._eye.close()
        if self._window is not None:
            self._window.close()

    def _show(self) -> None:
        if self._window is not None:
            self._window.show(self._marks)

    def _place(self, name: str, position: Array, yaw: float) -> None:
        turn = [0.0, 0.0, np.sin(yaw / 2), np.cos(yaw / 2)]
        self._put(name, np.concatenate([position, turn, np.zeros(6)]))

    def _put(self, name: str, body: Array) -> None:
        """Put an object where a scene has it (13,); MuJoCo turns it in its own frame."""
        where, how_fast = self._addresses(name)
        turn = np.roll(body[3:7], 1)
        self._data.qpos[where : where + 7] = [*body[:3], *turn]
        spin = _rotated(turn * [1, -1, -1, -1], body[10:])
        self._data.qvel[how_fast : how_fast + 6] = [*body[7:10], *spin]

    def _addresses(self, name: str) -> tuple[int, int]:
        joint = self._objects[name].id
        return int(self._model.jnt_qposadr[joint]), int(self._model.jnt_dofadr[joint])

    def _snapshot(self) -> Snapshot:
        stamp = float(self._data.time)
        values = {name: self._data.body(name).xpos.copy() for name in self._objects}
        if self._gripper is not None:
            values["gripper_opening"] = np.array([self._motors.measured_opening()])
        state = ArmState(*self._motors.measured(), stamp)
        return Snapshot(state, {name: Input(value, stamp) for name, value in values.items()})


def _rotated(turn: Array, vector: Array) -> Array:
    """Return a vector (3,) turned by a quaternion (w, x, y, z)."""
    found = np.empty(3)
    mujoco.mju_rotVecQuat(found, vector, turn)
    return found
