"""A stream of positions or velocities, to a controller that neither interpolates nor ends."""

from collections import deque
from typing import Any

import numpy as np
from numpy.typing import NDArray
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

from robot_learning.base.periods import STREAMED
from robot_learning.base.types import ArmState
from robot_learning.nodes.clock import NodeTime
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import STREAMING, VELOCITIES

Array = NDArray[np.float64]
MOTION = "guard_node/motion"  # what is certified, as it would be sent to a trajectory controller
ALIVE = "guard_node/alive"
PULL = 5.0  # 1/s, at which a difference from the reference is made up for by velocity
KEPT = 10 * STREAMED  # references, to compare with what is measured later
RESTS = STREAMED  # messages at rest, until nothing is sent any more


def reference_of(kind: str, topic: str) -> tuple[type, str]:
    """Return the message and the topic that tell where a controller of a type sends its arm.

    Velocities do not, so of those it is the guard's.
    """
    if kind == VELOCITIES:
        return JointTrajectory, MOTION
    return (Float64MultiArray if kind in STREAMING else JointTrajectory), topic


class Stream:
    """Publishes where the arm is to be, or how fast it is to go.

    Velocities add up to more and more of a difference. So one follows the reference and pulls the
    arm to it, as measured at the arm's own delay; at rest it is 0.

    Args:
        node: who publishes.
        spec: the robot.
        time: the node's.
        kind: of the controller, one of ``STREAMING``.
        topic: that it listens to.
    """

    def __init__(self, node: Any, spec: RobotSpec, time: NodeTime, kind: str, topic: str) -> None:
        self._spec, self._time = spec, time
        self._velocities = kind == VELOCITIES
        self.publisher = node.create_publisher(Float64MultiArray, topic, 10)
        self._past: deque[tuple[float, Array]] = deque(maxlen=KEPT)
        self._rests = RESTS

    def wake(self) -> None:
        """Send what follows even if it is rest: the arm may have been told otherwise."""
        self._rests = 0

    def send(self, q: Array, qd: Array, seen: ArmState | None = None, delay: float = 0.0) -> None:
        """Send a reference, unless the arm has been told often enough that it rests.

        Args:
            q: (n,) rad or m.
            qd: (n,) rad/s or m/s.
            seen: the newest measured state; None where nobody measures.
            delay: by how much the arm follows late, s.
        """
        self._rests = 0 if qd.any() else self._rests + 1
        if self._rests > RESTS:
            return
        if self._velocities:
            now = self._time.now()
            if not self._past or now > self._past[-1][0]:
                self._past.append((now, q))
            q = self._pulled(qd, seen, delay) if qd.any() else qd
        self.publisher.publish(Float64MultiArray(data=q.tolist()))

    def _pulled(self, qd: Array, seen: ArmState | None, delay: float) -> Array:
        """Return a velocity (n,) that also leads back to the reference, inside the limits."""
        if seen is None:
            return qd
        due = seen.stamp - delay
        times = [at for at, _ in self._past]
        if len(times) < 2 or not times[0] <= due <= times[-1]:
            return qd
        i = max(int(np.searchsorted(times, due)), 1)
        (t0, q0), (t1, q1) = self._past[i - 1], self._past[i]
        off = q0 + (due - t0) / (t1 - t0) * (q1 - q0) - seen.q
        return np.clip(qd + PULL * off, -self._spec.velocity, self._spec.velocity)
