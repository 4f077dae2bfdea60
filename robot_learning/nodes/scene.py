"""What stands around the arm, as told in visualization_msgs/MarkerArray."""

import math
from typing import Any

from pydantic import ValidationError
from visualization_msgs.msg import Marker, MarkerArray

from robot_learning.base.errors import StateError
from robot_learning.kinematics.quaternion import rpy_of
from robot_learning.nodes.frames import Frames, matrix_of, seconds_of
from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid

SAME = 1e-6  # m; edges that differ less are equal


class ToldScene:
    """Solids by the namespace and number of their markers.

    A marker with a lifetime must be told again before it ends; until then, and after, its solid
    stays where it was. So does one in a frame that moves: it is where its frame was when it was
    told. A marker without a frame is in the base frame.

    Args:
        node: who is told.
        spec: whose base frame the solids are in.
    """

    def __init__(self, node: Any, spec: RobotSpec) -> None:
        self._frames, self._base = Frames(node, spec), spec.base_link
        self._solids: dict[str, Solid] = {}
        self._until: dict[str, float] = {}

    @property
    def solids(self) -> list[Solid]:
        """What is there."""
        return list(self._solids.values())

    def stale(self, now: float) -> str:
        """Return the name of a solid that was not told again in time, or nothing."""
        return next((name for name, until in self._until.items() if now > until), "")

    def move_clock(self, seconds: float) -> None:
        """Let lifetimes end as before after the clock was set by ``seconds``."""
        self._until = {name: until + seconds for name, until in self._until.items()}

    def update(self, message: MarkerArray, now: float) -> bool:
        """Take over a message and say whether anything has changed.

        Raises:
            StateError: naming the marker and what is wrong with it; the scene stays as it was.
        """
        solids, until = dict(self._solids), dict(self._until)
        for marker in message.markers:
            name = f"{marker.ns}/{marker.id}"
            if marker.action == Marker.DELETEALL:
                solids, until = {}, {}
                continue
            solids.pop(name, None)
            until.pop(name, None)
            if marker.action == Marker.DELETE:
                continue
            solids[name] = self._solid(name, marker)
            lifetime = marker.lifetime.sec + marker.lifetime.nanosec * 1e-9
            if lifetime > 0:
                until[name] = now + lifetime
        changed = solids != self._solids
        self._solids, self._until = solids, until
        return changed

    def _solid(self, name: str, marker: Marker) -> Solid:
        header = marker.header
        try:
            stamp = seconds_of(header.stamp)
            T_base_frame = self._frames.to_base(header.frame_id or self._base, stamp)
            T = T_base_frame @ matrix_of(marker.pose)
        except StateError as error:
            raise StateError(f"marker '{name}': {error}") from error
        rpy = rpy_of(T[:3, :3])
        try:
            return Solid(name=name, xyz=tuple(T[:3, 3]), rpy=tuple(rpy), **_shape(name, marker))
        except ValidationError as error:
            raise StateError(f"marker '{name}': {error.errors()[0]['msg']}") from error


def _shape(name: str, marker: Marker) -> dict[str, Any]:
    x, y, z = (getattr(marker.scale, axis) for axis in "xyz")
    if not (min(x, y, z) > 0 and math.isfinite(x + y + z)):
        raise StateError(f"marker '{name}': scale: {x}, {y}, {z} is not above 0 and finite")
    if marker.type == Marker.CUBE:
        return {"box": (x, y, z)}
    if marker.type == Marker.SPHERE and abs(x - y) < SAME and abs(y - z) < SAME:
        return {"sphere": x / 2}
    if marker.type == Marker.CYLINDER and abs(x - y) < SAME:
        return {"capsule": (x / 2, z)}
    raise StateError(
        f"marker '{name}': type {marker.type}: expected a cube, a sphere of equal scales or a "
        "cylinder of equal x and y"
    )
