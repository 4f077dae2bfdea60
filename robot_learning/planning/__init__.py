"""A way to a configuration: found, timed, and followed through the safety filter."""

from robot_learning.planning.escape import leaving_filter, way_out
from robot_learning.planning.follow import Follower, most, rehearse
from robot_learning.planning.way import Way, find_way, plan

__all__ = [
    "Follower",
    "Way",
    "find_way",
    "leaving_filter",
    "most",
    "plan",
    "rehearse",
    "way_out",
]
