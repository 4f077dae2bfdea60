"""A script that solves every task: proves it solvable, and shows a learner how."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.envs.arm_env import ArmEnv
from robot_learning.kinematics.differential import resolve, turning
from robot_learning.kinematics.model import rotation_vector
from robot_learning.tasks import Seen, Waypoint

Array = NDArray[np.float64]
LEAD = 0.04  # s ahead that it aims from, since no arm obeys at once
GAIN = 6.0  # 1/s: share of what is left that a second of motion would cover


def expert_action(env: ArmEnv) -> NDArray[np.float32]:
    """Return the action (n_action,) that takes the tip toward the task's waypoint.

    It sees what a policy sees and knows the arm's kinematics, as the interface does.
    """
    interface, state = env.interface, env.state
    T = env.model.forward(state.q)
    inputs = {name: item.value for name, item in env.inputs.items()}
    before = env.history.previous_inputs
    period = env.robot.policy_period
    velocities = {
        name: (value - before.get(name, value)) / period for name, value in inputs.items()
    }
    for name in velocities:
        if inputs[name].shape == (3,):
            inputs[name] = inputs[name] + LEAD * velocities[name]
    tip = T[:3, 3] + LEAD * (env.model.jacobian(state.q)[:3] @ state.qd)
    waypoint = env.task.waypoint(Seen(tip, inputs, velocities))
    linear = GAIN * (waypoint.position - tip) + waypoint.velocity
    linear *= min(1.0, interface.tip_speed / max(float(np.linalg.norm(linear)), 1e-9))
    if interface.action_mode == "joint_velocity":
        motion = _joint_motion(env, T, linear, waypoint)
    else:
        motion = linear / interface.tip_speed
    action = np.append(motion, 2 * waypoint.opening - 1) if interface.gripper else motion
    return np.asarray(action, dtype=np.float32)


def _joint_motion(env: ArmEnv, T: Array, linear: Array, waypoint: Waypoint) -> Array:
    """Return joint velocities (n,) as shares of a full action's, at most 1."""
    J, twist = env.model.jacobian(env.state.q), linear
    if waypoint.rotation is not None:
        turn = rotation_vector(waypoint.rotation @ T[:3, :3].T)
    elif env.task.action_mode == "tool_down":
        turn = env.model.turn_down(T)
    else:
        turn, J = None, J[:3]
    if turn is not None:
        twist = np.concatenate([linear, turning(turn)])
    robot, full = env.robot, env.interface.velocity_scale * env.robot.velocity
    return resolve(env.state.q, J, twist, robot.home, robot.velocity, full) / full
