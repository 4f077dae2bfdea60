"""Scripts for tasks of the tip alone."""

from robot_learning.experts.script import Script, Seen, Waypoint


class ReachScript(Script):
    """Straight to the goal."""

    def waypoint(self, seen: Seen) -> Waypoint:
        """See :class:`~robot_learning.experts.script.Script`."""
        return Waypoint(seen.inputs["goal"])


class ReachPoseScript(Script):
    """Straight to the goal, turning on the way."""

    def waypoint(self, seen: Seen) -> Waypoint:
        """See :class:`~robot_learning.experts.script.Script`."""
        return Waypoint(seen.inputs["goal"], seen.inputs["goal_rotation"])


class TrackScript(Script):
    """To the target at its own velocity."""

    def waypoint(self, seen: Seen) -> Waypoint:
        """See :class:`~robot_learning.experts.script.Script`."""
        return Waypoint(seen.inputs["goal"], velocity=seen.velocities["goal"])
