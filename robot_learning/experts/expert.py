"""The expert: scripts turned into actions. It proves tasks solvable, and shows a learner how."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.errors import ConfigError
from robot_learning.base.types import ArmState, Input
from robot_learning.experts.pick import PickScript, StackScript
from robot_learning.experts.push import PushScript, SlideScript
from robot_learning.experts.reach import ReachPoseScript, ReachScript, TrackScript
from robot_learning.experts.script import Script, Seen, Waypoint
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.differential import resolve, turning
from robot_learning.kinematics.rotation import rotation_vector
from robot_learning.policy import History, Interface
from robot_learning.tasks import Task

Array = NDArray[np.float64]
GAIN = 6.0  # 1/s: share of what is left that a second of motion would cover
SCRIPTS: dict[str, type[Script]] = {
    "reach": ReachScript,
    "reach_pose": ReachPoseScript,
    "track_trajectory": TrackScript,
    "push": PushScript,
    "slide": SlideScript,
    "pick_and_place": PickScript,
    "stack": StackScript,
}


class Scene(Protocol):
    """What an expert looks at; an :class:`~robot_learning.envs.ArmEnv` is one."""

    task: Task
    interface: Interface
    model: ArmModel
    history: History
    inputs: Mapping[str, Input]

    @property
    def state(self) -> ArmState:
        """The measured state of the arm."""

    @property
    def delay(self) -> float:
        """How late a decision of now takes effect, s."""


def expert_action(env: Scene) -> NDArray[np.float32]:
    """Return the action (n_action,) that takes the tip toward its script's waypoint.

    It sees what a policy sees and knows the arm's kinematics, as the interface does.

    Raises:
        ConfigError: where no script solves the task.
    """
    if env.task.name not in SCRIPTS:
        raise ConfigError(
            f"task '{env.task.name}': no script solves it; train --demos FOLDER learns it from "
            "demonstrations"
        )
    script, interface, q = SCRIPTS[env.task.name](env.task), env.interface, env.state.q
    T, J = env.model.pose_and_jacobian(q)
    lead = env.delay if script.looks_ahead else 0.0
    tip = T[:3, 3] + lead * (J[:3] @ env.state.qd)
    waypoint = script.waypoint(_seen(env, tip, lead))
    linear = GAIN * (waypoint.position - tip) + waypoint.velocity
    linear *= min(1.0, interface.tip_speed / max(float(np.linalg.norm(linear)), 1e-9))
    if interface.action_mode == "joint_velocity":
        motion = _joint_motion(env, T, J, linear, waypoint)
    else:
        motion = linear / interface.tip_speed
    action = np.append(motion, 2 * waypoint.opening - 1) if interface.gripper else motion
    return np.asarray(action, dtype=np.float32)


def _seen(env: Scene, tip: Array, lead: float) -> Seen:
    """Return what a script looks at, ``lead`` s ahead."""
    period = env.interface.control_period * env.interface.policy_every
    before, inputs, velocities = env.history.previous_inputs, {}, {}
    for name, item in env.inputs.items():
        inputs[name] = item.value
        if item.value.shape == (3,):
            velocities[name] = (item.value - before.get(name, item.value)) / period
            inputs[name] = item.value + lead * velocities[name]
    return Seen(tip, inputs, velocities)


def _joint_motion(env: Scene, T: Array, J: Array, linear: Array, waypoint: Waypoint) -> Array:
    """Return joint velocities (n,) as shares of a full action's, at most 1."""
    if waypoint.rotation is not None:
        twist = np.concatenate([linear, turning(rotation_vector(waypoint.rotation @ T[:3, :3].T))])
    elif env.task.action_mode == "tool_down":
        twist = np.concatenate([linear, turning(env.model.turn_down(T))])
    else:
        twist, J = linear, J[:3]
    robot = env.model.spec
    full = env.interface.velocity_scale * robot.velocity
    return resolve(env.state.q, J, twist, robot.home, robot.velocity, full) / full
