"""Compares a running policy with what its bundle says of its training."""

import sys
import time
from collections import deque

import numpy as np
from diagnostic_msgs.msg import DiagnosticStatus
from numpy.typing import NDArray
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import Float64MultiArray

from robot_learning.base.errors import StateError
from robot_learning.base.paths import find_bundle
from robot_learning.monitoring.statistics import deviation
from robot_learning.nodes import messages, parameters
from robot_learning.nodes.diagnostics import EACH, Diagnostics, diagnostic
from robot_learning.nodes.run import run
from robot_learning.policy import PolicyBundle

Array = NDArray[np.float64]
OBSERVATION, ACTION, STATUS = (
    f"policy_node/{name}" for name in ("observation", "action", "status")
)
WINDOW = 500  # ticks
MAX_OUTSIDE = 0.05  # share of values outside the training range that is worth a warning
MAX_SHIFT = 3.0  # deviations between the live and the training mean that are
UNTOLD = "it does not say what delay it was trained with"
DELAYS = ("state_age", "latency", "delay")  # stamp to receipt, to command, to motion


class MonitorNode(Node):
    """Publishes one diagnostic status a term, one for rate and latency, once a second."""

    def __init__(self) -> None:
        super().__init__("monitor_node")
        told = "folder of the policy bundle or of its run, or a shipped name"
        self.bundle = PolicyBundle.load(find_bundle(parameters.text(self, "bundle", "", told)))
        self._observations: deque[Array] = deque(maxlen=WINDOW)
        self._delays: deque[list[float]] = deque(maxlen=WINDOW)
        self._ticks = self._refused = self._refused_before = 0
        self._other = ""
        self._asked_at = time.monotonic()
        self._diagnostics = Diagnostics(self)
        if self.bundle.tolerated_delay is None:
            self.get_logger().info(f"bundle {self.bundle.name}: {UNTOLD}")
        self.create_subscription(Float64MultiArray, OBSERVATION, self._on_observation, 50)
        self.create_subscription(Float64MultiArray, ACTION, self._on_action, 50)
        self.create_subscription(DiagnosticStatus, STATUS, self._on_status, 10)
        self.create_timer(EACH, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_observation(self, message: Float64MultiArray) -> None:
        slices = self.bundle.interface.term_slices()
        expected = {name: part.stop - part.start for name, part in slices.items()}
        try:
            _, parts = messages.parts_of(message)
        except StateError as error:
            self._other = str(error)
            return
        if {name: len(part) for name, part in parts.items()} != expected:
            self._other = f"it observes {', '.join(parts)}; the bundle {', '.join(expected)}"
            return
        self._other = ""
        self._observations.append(np.concatenate([parts[name] for name in slices]))

    def _on_action(self, message: Float64MultiArray) -> None:
        try:
            _, parts = messages.parts_of(message)
            self._delays.append([float(parts[name][0]) for name in DELAYS])
        except (StateError, KeyError) as error:
            self._other = f"{ACTION}: {error}"
            return
        self._ticks += 1

    def _on_status(self, message: DiagnosticStatus) -> None:
        values = {item.key: item.value for item in message.values}
        self._refused = int(values.get("refused") or 0)

    def _publish(self) -> None:
        self._diagnostics.publish([self._load(), *self._late(), *self._terms()])

    def _load(self) -> DiagnosticStatus:
        now = time.monotonic()
        refused = max(self._refused - self._refused_before, 0)
        values = {"rate_hz": self._ticks / (now - self._asked_at), "refused_ticks": refused}
        if self._delays:
            ticks = np.array(self._delays)[:, DELAYS.index("latency")]
            p50, p99 = np.percentile(ticks, [50, 99]) * 1e3
            values |= {"latency_p50_ms": p50, "latency_p99_ms": p99}
        level, message = DiagnosticStatus.OK, f"policy {self.bundle.name}"
        if not self._ticks:
            topic = self.resolve_topic_name(ACTION)
            level, message = DiagnosticStatus.STALE, f"no decision came on {topic}"
        if refused:
            level, message = DiagnosticStatus.WARN, "the policy refuses to decide"
        if self._other:
            level, message = DiagnosticStatus.ERROR, f"another policy runs: {self._other}"
        self._asked_at, self._ticks, self._refused_before = now, 0, self._refused
        return self._status("ticks", level, message, values)

    def _late(self) -> list[DiagnosticStatus]:
        """Compare what makes the arm's motion late with what the policy was trained with."""
        if not self._delays:
            return []
        found = np.median(np.array(self._delays), axis=0) * 1e3
        values = {f"{name}_ms": float(value) for name, value in zip(DELAYS, found, strict=True)}
        values["total_ms"] = total = float(found.sum())
        tolerated = self.bundle.tolerated_delay
        level, message = DiagnosticStatus.OK, UNTOLD
        if tolerated is not None:
            values["tolerated_ms"] = tolerated * 1e3
            message = "no later than in training"
            if total > tolerated * 1e3:
                level, message = DiagnosticStatus.WARN, "later than in training"
        return [self._status("delay", level, message, values)]

    def _terms(self) -> list[DiagnosticStatus]:
        if not self._observations:
            return []
        live = np.array(self._observations)
        statuses = []
        for name, part in self.bundle.interface.term_slices().items():
            found = deviation(live[:, part], self.bundle.statistics["terms"][name])
            odd = found.outside > MAX_OUTSIDE or found.mean_shift > MAX_SHIFT
            level = DiagnosticStatus.WARN if odd else DiagnosticStatus.OK
            message = "other than in training" if odd else "as in training"
            values = {"shift": found.mean_shift, "outside": found.outside}
            statuses.append(self._status(f"term {name}", level, message, values))
        return statuses

    def _status(
        self, name: str, level: bytes, message: str, values: dict[str, float]
    ) -> DiagnosticStatus:
        told = {key: f"{value:.4g}" for key, value in values.items()}
        told |= {"bundle": self.bundle.name, "hash": self.bundle.hash}
        return diagnostic(level, name, message, told, str(self.bundle.robot["name"]))


def main(args: list[str] | None = None) -> int:
    """Entry point of ``monitor_node``."""
    return run(MonitorNode, args, by_events=True)


if __name__ == "__main__":
    sys.exit(main())
