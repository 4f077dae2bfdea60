"""What the safety filter did, and why."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from functools import cached_property

from robot_learning.base.trajectory import Trajectory


class Status(IntEnum):
    """What happened to the command of this period, mildest first."""

    OK = 0
    """The command passed unchanged."""
    LIMITED = 1
    """The command was changed to the closest one inside the limits."""
    STOPPING = 2
    """The arm follows the stop that it had in hand."""
    STOPPED = 3
    """The arm is at rest and nothing may move it, or nothing was asked."""


class Cause(str, Enum):
    """Why a command did not pass unchanged."""

    POSITION = "position"
    """A joint would have passed a position limit, or could not have braked before it."""
    VELOCITY = "velocity"
    """A joint would have passed its speed limit."""
    ACCELERATION = "acceleration"
    """A joint would have passed its acceleration limit."""
    JERK = "jerk"
    """A joint would have changed its acceleration too fast."""
    SELF_COLLISION = "self_collision"
    """Two links would have come too near to each other, or could not have stopped before."""
    SCENE_COLLISION = "scene_collision"
    """A link would have come too near to the scene, or could not have stopped before."""
    WORKSPACE = "workspace"
    """The tip would have left its workspace."""
    KEEP_OUT = "keep_out"
    """The tip or a link would have entered a zone that is kept out of."""
    TIP_SPEED = "tip_speed"
    """The tip would have been too fast."""
    SINGULARITY = "singularity"
    """The arm would have come too near to a singular configuration."""
    NO_COMMAND = "no_command"
    """No command came in time for this period."""
    BAD_COMMAND = "bad_command"
    """The command was not finite, or not one number a joint."""
    IMPLAUSIBLE = "implausible"
    """The command was farther from what the arm does than any arm could follow."""
    BAD_PERIOD = "bad_period"
    """The period was not a finite time above zero, or the clock went backwards."""
    UNCERTIFIED = "uncertified"
    """No command near the one asked for had a stop behind it."""
    BAD_STATE = "bad_state"
    """The measured state was not finite, or not one number a joint. Latches."""
    STALE_STATE = "stale_state"
    """No measured state came in time. Latches where the arm moved."""
    TRACKING_ERROR = "tracking_error"
    """The arm is too far from where it was commanded to be. Latches."""
    INTRUSION = "intrusion"
    """Something came nearer than the margin to the arm or to its stop. Latches."""
    STALE_SCENE = "stale_scene"
    """What stands around the arm was not told again in time. Latches."""
    SECOND_SOURCE = "second_source"
    """A command came from a second source while a first one was in charge, and was refused."""
    STOP_REQUESTED = "stop_requested"
    """Somebody asked for a stop. Latches."""


# Of the margins, by cause.
UNITS = {
    Cause.POSITION: "rad or m",
    Cause.VELOCITY: "rad/s or m/s",
    Cause.TRACKING_ERROR: "rad or m",
    Cause.SELF_COLLISION: "m",
    Cause.SCENE_COLLISION: "m",
    Cause.WORKSPACE: "m",
    Cause.KEEP_OUT: "m",
    Cause.TIP_SPEED: "m/s",
    Cause.SINGULARITY: "m per joint unit",
}


class Margins(Mapping[str, float]):
    """Distances left by cause, worked out when they are first looked at."""

    def __init__(self, work_out: Callable[[], dict[str, float]]) -> None:
        self._work_out = work_out

    @cached_property
    def _found(self) -> dict[str, float]:
        return self._work_out()

    def __getitem__(self, cause: str) -> float:
        return self._found[cause]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True)
class SafetyResult:
    """What leaves the filter for one control period.

    Attributes:
        stop: the motion of this period followed by the braking ramp to rest; safe to follow to
            its end.
        dt: length of the period, s.
        status: what happened to the command.
        active: why, empty when it passed unchanged.
        margins: distance left per cause: ``position`` and ``tracking_error`` in rad or m,
            ``velocity`` in rad/s or m/s, collisions in m, ``tip_speed`` in m/s, ``singularity``
            in m per joint unit; negative is outside.
        opening: where the gripper is sent, 0 closed to 1 open; None where nothing sends it.
    """

    stop: Trajectory
    dt: float
    status: Status
    active: tuple[Cause, ...]
    margins: Mapping[str, float]
    opening: float | None = None

    @property
    def segment(self) -> Trajectory:
        """The motion of this period alone."""
        return self.stop.head(self.dt)
