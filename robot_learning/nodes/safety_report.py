"""What the safety node did with each command, and how far the arm is from every limit."""

from collections.abc import Mapping
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from std_msgs.msg import Float64MultiArray, MultiArrayDimension, MultiArrayLayout

from robot_learning.nodes.diagnostics import WAITING, Diagnostics, diagnostic
from robot_learning.robot import RobotSpec
from robot_learning.safety import Cause, SafetyResult, Status
from robot_learning.safety.status import UNITS

LEVELS = {
    Status.OK: DiagnosticStatus.OK,
    Status.LIMITED: DiagnosticStatus.OK,
    Status.STOPPING: DiagnosticStatus.WARN,
    Status.STOPPED: DiagnosticStatus.OK,
}


class SafetyReport:
    """Publishes ``~/status`` and ``~/margins`` once a tick, ``/diagnostics`` once a second.

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
        self._diagnostics = Diagnostics(node)
        labels = [MultiArrayDimension(label=c.value, size=1, stride=1) for c in UNITS]
        self._layout = MultiArrayLayout(dim=labels)
        self._logged: Cause | None = None

    def publish(
        self, result: SafetyResult, latched: Cause | None, words: Mapping[str, str]
    ) -> None:
        """Publish one tick; ``words`` are further keys and values of the status."""
        self._log_stop(latched, words)
        level = DiagnosticStatus.ERROR if latched else LEVELS[result.status]
        if Cause.STALE_STATE in result.active:
            level = max(level, DiagnosticStatus.WARN)
        values = {
            "causes": ",".join(cause.value for cause in result.active),
            "latched": latched.value if latched else "",
            **words,
            **{f"margin.{key}": f"{value:.6f}" for key, value in result.margins.items()},
        }
        status = self._tell(level, result.status.name, values)
        data = [result.margins.get(cause.value, float("nan")) for cause in UNITS]
        self._margins.publish(Float64MultiArray(layout=self._layout, data=data))
        constraints = [
            self._constraint(cause, result, latched)
            for cause in UNITS
            if cause.value in result.margins
        ]
        self._diagnostics.publish([status, *constraints])

    def wait(self, latched: Cause | None, words: Mapping[str, str]) -> None:
        """Publish that nothing is served; ``words`` say why."""
        self._log_stop(latched, words)
        values = {"causes": "", "latched": latched.value if latched else "", **words}
        self._diagnostics.publish([self._tell(DiagnosticStatus.ERROR, WAITING, values)])

    def _log_stop(self, latched: Cause | None, words: Mapping[str, str]) -> None:
        """Say once why the arm is stopped until somebody resumes it."""
        if latched is not None and latched is not self._logged:
            why = words["refused"] or words["reason"]
            told = f"stopped for {latched.value}{': ' if why else ''}{why}"
            self._node.get_logger().warning(f"{told}; ~/resume lets commands pass again")
        self._logged = latched

    def _tell(self, level: bytes, message: str, values: Mapping[str, str]) -> DiagnosticStatus:
        name = self._node.get_fully_qualified_name()
        status = diagnostic(level, name, message, values, self._hardware)
        self._status.publish(status)
        status.name = ""
        return status

    def _constraint(
        self, cause: Cause, result: SafetyResult, latched: Cause | None
    ) -> DiagnosticStatus:
        limits = cause in result.active
        level = DiagnosticStatus.WARN if limits else DiagnosticStatus.OK
        return diagnostic(
            DiagnosticStatus.ERROR if cause is latched else level,
            cause.value,
            "limits the motion" if limits else "kept",
            {"margin": f"{result.margins[cause.value]:.6f}", "unit": UNITS[cause]},
            self._hardware,
        )
