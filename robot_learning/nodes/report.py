"""What the safety filter did and how much room is left, for people, monitors and plots."""

from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import Float64MultiArray, MultiArrayDimension, MultiArrayLayout

from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyResult, Status

LEVELS = {
    Status.OK: DiagnosticStatus.OK,
    Status.LIMITED: DiagnosticStatus.OK,
    Status.STOPPING: DiagnosticStatus.WARN,
    Status.STOPPED: DiagnosticStatus.OK,
}
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


class SafetyReport:
    """Publishes ``~/status``, ``~/margins`` and ``/diagnostics`` once a tick.

    ``~/margins`` holds the margins in the order of ``UNITS``, its dimensions are labelled with
    their names; NaN where there is none.

    Args:
        node: who publishes.
        spec: the robot.
    """

    def __init__(self, node: Any, spec: RobotSpec) -> None:
        self._node = node
        self._hardware = spec.name
        self._status = node.create_publisher(DiagnosticStatus, "~/status", 10)
        self._margins = node.create_publisher(Float64MultiArray, "~/margins", 10)
        self._diagnostics = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        labels = [MultiArrayDimension(label=c.value, size=1, stride=1) for c in UNITS]
        self._layout = MultiArrayLayout(dim=labels)
        self._constraints = {
            cause: DiagnosticStatus(
                name=f"safety_node: {cause.value}",
                hardware_id=spec.name,
                values=[KeyValue(key="margin"), KeyValue(key="unit", value=unit)],
            )
            for cause, unit in UNITS.items()
        }

    def publish(
        self, result: SafetyResult, latched: Cause | None, words: Mapping[str, str]
    ) -> None:
        """Publish one tick; ``words`` are further keys and values of the status."""
        status = DiagnosticStatus(
            level=DiagnosticStatus.ERROR if latched else LEVELS[result.status],
            name="safety_node",
            message=result.status.name,
            hardware_id=self._hardware,
        )
        values = {
            "causes": ",".join(cause.value for cause in result.active),
            "latched": latched.value if latched else "",
            **words,
            **{f"margin.{key}": f"{value:.6f}" for key, value in result.margins.items()},
        }
        status.values = [KeyValue(key=key, value=value) for key, value in values.items()]
        self._status.publish(status)
        data = [result.margins.get(cause.value, float("nan")) for cause in UNITS]
        self._margins.publish(Float64MultiArray(layout=self._layout, data=data))
        message = DiagnosticArray(status=[status])
        message.header.stamp = self._node.get_clock().now().to_msg()
        for cause, constraint in self._constraints.items():
            if cause.value in result.margins:
                _fill(constraint, cause, result, latched)
                message.status.append(constraint)
        self._diagnostics.publish(message)


def _fill(
    constraint: DiagnosticStatus, cause: Cause, result: SafetyResult, latched: Cause | None
) -> None:
    limits = cause in result.active
    constraint.level = DiagnosticStatus.WARN if limits else DiagnosticStatus.OK
    if cause is latched:
        constraint.level = DiagnosticStatus.ERROR
    constraint.message = "limits the motion" if limits else "kept"
    constraint.values[0].value = f"{result.margins[cause.value]:.6f}"
