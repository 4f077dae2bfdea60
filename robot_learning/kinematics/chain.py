"""Compiled kinematics of the chain: where the links are, how the tip moves with the joints.

Pinocchio reads the robot and computes the same in a microsecond, but bringing its results into
numpy takes longer than computing them here; a control tick needs them dozens of times.
"""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.compiled import compiled

Array = NDArray[np.float64]


@compiled
def link_poses(q: Array, screws: Array) -> Array:
    """Return the motion (n + 1, 3, 4) of each link from where it is with all joints at 0.

    Args:
        q: (n,) rad or m.
        screws: (n, 7) as :class:`robot_learning.kinematics.model.ArmModel` has them.
    """
    out = np.empty((q.shape[0] + 1, 3, 4))
    _pose_links(q, screws, out)
    return out


@compiled
def pose_links_along(q: Array, screws: Array) -> Array:
    """Return the motions (m, n + 1, 3, 4) of the links at the knots of a motion, (m, n)."""
    out = np.empty((q.shape[0], q.shape[1] + 1, 3, 4))
    for i in range(q.shape[0]):
        _pose_links(q[i], screws, out[i])
    return out


@compiled
def _pose_links(q: Array, screws: Array, out: Array) -> None:
    """Write what :func:`link_poses` returns into ``out`` (n + 1, 3, 4)."""
    n = q.shape[0]
    out[0] = 0.0
    for i in range(3):
        out[0, i, i] = 1.0
    R = np.empty((3, 3))
    p = np.empty(3)
    for k in range(n):
        x, y, z = screws[k, 0], screws[k, 1], screws[k, 2]
        if screws[k, 6] > 0.5:
            for i in range(3):
                for j in range(3):
                    R[i, j] = 1.0 if i == j else 0.0
                p[i] = screws[k, i] * q[k]
        else:
            c, s = np.cos(q[k]), np.sin(q[k])
            v = 1.0 - c
            R[0, 0], R[0, 1], R[0, 2] = c + x * x * v, x * y * v - z * s, x * z * v + y * s
            R[1, 0], R[1, 1], R[1, 2] = y * x * v + z * s, c + y * y * v, y * z * v - x * s
            R[2, 0], R[2, 1], R[2, 2] = z * x * v - y * s, z * y * v + x * s, c + z * z * v
            for i in range(3):
                p[i] = screws[k, 3 + i]
                for j in range(3):
                    p[i] -= R[i, j] * screws[k, 3 + j]
        for i in range(3):
            a, b, d = out[k, i, 0], out[k, i, 1], out[k, i, 2]
            for j in range(3):
                out[k + 1, i, j] = a * R[0, j] + b * R[1, j] + d * R[2, j]
            out[k + 1, i, 3] = a * p[0] + b * p[1] + d * p[2] + out[k, i, 3]


@compiled
def velocity_gradient(q: Array, screws: Array, point: Array, link: int, along: Array) -> Array:
    """Return how fast a point of a link moves along a direction, per joint velocity, (n,).

    Args:
        q: (n,) rad or m.
        screws: (n, 7).
        point: (3,) where the point is now, base frame, m.
        link: number of joints that move it.
        along: (3,) direction.
    """
    T = link_poses(q, screws)
    out = np.zeros(q.shape[0])
    axis, arm = np.empty(3), np.empty(3)
    for k in range(link):
        for i in range(3):
            axis[i], arm[i] = 0.0, point[i] - T[k, i, 3]
            for j in range(3):
                axis[i] += T[k, i, j] * screws[k, j]
                arm[i] -= T[k, i, j] * screws[k, 3 + j]
        if screws[k, 6] > 0.5:
            out[k] = axis[0] * along[0] + axis[1] * along[1] + axis[2] * along[2]
        else:
            out[k] = (
                (axis[1] * arm[2] - axis[2] * arm[1]) * along[0]
                + (axis[2] * arm[0] - axis[0] * arm[2]) * along[1]
                + (axis[0] * arm[1] - axis[1] * arm[0]) * along[2]
            )
    return out


@compiled
def tip_pose(q: Array, screws: Array, T_zero: Array) -> Array:
    """Return the pose (4, 4) of a frame of the last link that is at ``T_zero`` with q = 0."""
    return _moved(link_poses(q, screws)[q.shape[0]], T_zero)


@compiled
def tip_jacobian(q: Array, screws: Array, tip: Array) -> Array:
    """Return the Jacobian (6, n) of a point of the last link, linear rows first, base frame.

    Args:
        q: (n,) rad or m.
        screws: (n, 7).
        tip: (3,) where the point is with all joints at 0, m.
    """
    return jacobian_of(link_poses(q, screws), screws, tip)


@compiled
def tip_pose_and_jacobian(q: Array, screws: Array, T_zero: Array) -> tuple[Array, Array]:
    """Return the pose (4, 4) of a frame of the last link, and its origin's Jacobian (6, n)."""
    T = link_poses(q, screws)
    return _moved(T[q.shape[0]], T_zero), jacobian_of(T, screws, T_zero[:3, 3])


@compiled
def tip_poses_and_jacobians(q: Array, screws: Array, T_zero: Array) -> tuple[Array, Array]:
    """Return poses (b, 4, 4) and Jacobians (b, 6, n) at each of the positions ``q`` (b, n)."""
    T, J = np.empty((q.shape[0], 4, 4)), np.empty((q.shape[0], 6, q.shape[1]))
    for row in range(q.shape[0]):
        T[row], J[row] = tip_pose_and_jacobian(q[row], screws, T_zero)
    return T, J


@compiled
def _moved(T: Array, T_zero: Array) -> Array:
    """Return the pose (4, 4) of a frame at ``T_zero`` (4, 4) moved by ``T`` (3, 4)."""
    out = np.zeros((4, 4))
    out[3, 3] = 1.0
    for i in range(3):
        out[i, 3] = T[i, 3]
        for j in range(3):
            out[i, 3] += T[i, j] * T_zero[j, 3]
            for k in range(3):
                out[i, j] += T[i, k] * T_zero[k, j]
    return out


@compiled
def jacobian_of(T: Array, screws: Array, tip: Array) -> Array:
    """Return the Jacobian (6, n) of a point of the last link with links moved by ``T``.

    Args:
        T: (n + 1, 3, 4) as :func:`link_poses` returns it.
        screws: (n, 7).
        tip: (3,) where the point is with all joints at 0, m.
    """
    n = screws.shape[0]
    point = np.empty(3)
    for i in range(3):
        point[i] = T[n, i, 3]
        for j in range(3):
            point[i] += T[n, i, j] * tip[j]
    J = np.zeros((6, n))
    axis, arm = np.empty(3), np.empty(3)
    for k in range(n):
        for i in range(3):
            axis[i], arm[i] = 0.0, point[i] - T[k, i, 3]
            for j in range(3):
                axis[i] += T[k, i, j] * screws[k, j]
                arm[i] -= T[k, i, j] * screws[k, 3 + j]
        if screws[k, 6] > 0.5:
            J[:3, k] = axis
        else:
            J[0, k] = axis[1] * arm[2] - axis[2] * arm[1]
            J[1, k] = axis[2] * arm[0] - axis[0] * arm[2]
            J[2, k] = axis[0] * arm[1] - axis[1] * arm[0]
            J[3:, k] = axis
    return J
