"""Corners made round, so that the arm need not stop at each."""

import numpy as np
from numpy.typing import NDArray

from robot_learning.base.trajectory import Trajectory
from robot_learning.planning.space import STEP, Space

Array = NDArray[np.float64]
HALVINGS = 8  # of a corner's radius before the arm can't go round it
SHARE = 0.45  # of the shorter line at a corner that is cut off at most
SHORT = 1e-6  # rad or m; corners nearer to each other are one


def rounded(space: Space, corners: Array) -> Trajectory | None:
    """Return the way along ``corners`` (m, n) at unit speed; None where a corner is too tight.

    Each corner is a parabola from line to line, along which the velocity changes linearly, as in
    all motions of the filter; so it is proven free as they are. Its ends lie as far from the
    corner as the space allows.

    Args:
        space: that the way stays in.
        corners: rad or m; the first and the last are where it starts and ends.
    """
    corners = _apart(corners)
    steps = np.diff(corners, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    directions = steps / np.maximum(lengths, SHORT)[:, None]
    radii = SHARE * np.minimum(lengths[:-1], lengths[1:])
    for k in range(len(radii)):
        for _ in range(HALVINGS):
            bend = _bend(corners[k + 1], directions[k : k + 2], radii[k])
            if space.keeps(bend):
                break
            radii[k] /= 2
        else:
            return None
    return _joined(corners, directions, lengths, radii)


def _apart(corners: Array) -> Array:
    """Return the corners without those that lie on the one before."""
    far = np.linalg.norm(np.diff(corners, axis=0), axis=1) > SHORT
    return corners[np.concatenate([[True], far])]


def _bend(corner: Array, directions: Array, radius: float) -> Trajectory:
    """Return the parabola about a corner (n,) from one direction (2, n) to the other."""
    before, after = directions
    parts = max(int(np.ceil(2 * radius / STEP)), 2)
    s = np.linspace(0.0, 2 * radius, parts + 1)[:, None]
    q = corner - radius * before + before * s + (after - before) * s**2 / (4 * radius)
    return Trajectory(s[:, 0], q, before + (after - before) * s / (2 * radius))


def _joined(corners: Array, directions: Array, lengths: Array, radii: Array) -> Trajectory:
    """Return the lines and the bends between them as one motion."""
    times, q, qd = [0.0], [corners[:1]], [directions[:1]]
    cut = np.concatenate([[0.0], radii, [0.0]])
    for k, length in enumerate(lengths):
        times.append(times[-1] + length - cut[k] - cut[k + 1])
        q.append(corners[k + 1 : k + 2] - cut[k + 1] * directions[k])
        qd.append(directions[k : k + 1])
        if k < len(radii):
            bend = _bend(corners[k + 1], directions[k : k + 2], radii[k])
            times.extend(times[-1] + bend.times[1:])
            q.append(bend.q[1:])
            qd.append(bend.qd[1:])
    return Trajectory(np.array(times), np.concatenate(q), np.concatenate(qd))
