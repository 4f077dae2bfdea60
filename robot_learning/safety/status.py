"""What the safety filter did, and why."""

from enum import Enum, IntEnum


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
    NO_COMMAND = "no_command"
    """No command came in time for this period."""
    BAD_COMMAND = "bad_command"
    """The command was not finite, or not one number a joint."""
    BAD_PERIOD = "bad_period"
    """The period was not a finite time above zero, or the clock went backwards."""
    UNCERTIFIED = "uncertified"
    """The result did not pass its second check."""
    BAD_STATE = "bad_state"
    """The measured state was not finite, or not one number a joint. Latches."""
    STALE_STATE = "stale_state"
    """No measured state came in time. Latches."""
    TRACKING_ERROR = "tracking_error"
    """The arm is too far from where it was commanded to be. Latches."""
    STOP_REQUESTED = "stop_requested"
    """Somebody asked for a stop. Latches."""


LATCHING = {
    Cause.BAD_STATE,
    Cause.STALE_STATE,
    Cause.TRACKING_ERROR,
    Cause.STOP_REQUESTED,
}
