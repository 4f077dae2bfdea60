"""Compares a running policy with what its bundle says of its training."""

import json
import sys
import time
from collections import deque

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock
from rclpy.clock_type import ClockType
from rclpy.node import Node
from std_msgs.msg import String

from robot_learning.monitoring.statistics import deviation
from robot_learning.nodes import parameters
from robot_learning.nodes.run import run
from robot_learning.policy import PolicyBundle

WINDOW = 500  # ticks
MAX_OUTSIDE = 0.05  # share of values outside the training range that is worth a warning
MAX_SHIFT = 3.0  # deviations between the live and the training mean that are


class MonitorNode(Node):
    """Publishes one diagnostic status a term, one for rate and latency, once a second."""

    def __init__(self) -> None:
        super().__init__("monitor_node")
        path = parameters.text(self, "bundle", "", "folder of the policy bundle")
        topic = parameters.text(self, "telemetry_topic", "policy_node/telemetry", "telemetry")
        self.bundle = PolicyBundle.load(path)
        self._observations: deque[list[float]] = deque(maxlen=WINDOW)
        self._latencies: deque[float] = deque(maxlen=WINDOW)
        self._ticks = 0
        self._refused = 0
        self._asked_at = time.monotonic()
        self._out = self.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self.create_subscription(String, topic, self._on_telemetry, 50)
        self.create_timer(1.0, self._publish, clock=Clock(clock_type=ClockType.STEADY_TIME))

    def _on_telemetry(self, message: String) -> None:
        data = json.loads(message.data)
        self._ticks += 1
        self._latencies.append(data["latency"])
        if data["observation"] is None:
            self._refused += 1
        else:
            self._observations.append(data["observation"])

    def _publish(self) -> None:
        message = DiagnosticArray(status=[self._load(), *self._terms()])
        message.header.stamp = self.get_clock().now().to_msg()
        self._out.publish(message)

    def _load(self) -> DiagnosticStatus:
        now = time.monotonic()
        rate = self._ticks / (now - self._asked_at)
        values = {"rate_hz": rate, "refused_ticks": float(self._refused)}
        if self._latencies:
            p50, p99 = np.percentile(self._latencies, [50, 99]) * 1e3
            values |= {"latency_p50_ms": p50, "latency_p99_ms": p99}
        level = DiagnosticStatus.OK if self._ticks else DiagnosticStatus.STALE
        level = DiagnosticStatus.WARN if self._refused else level
        self._asked_at, self._ticks, self._refused = now, 0, 0
        return self._status("ticks", level, values)

    def _terms(self) -> list[DiagnosticStatus]:
        if not self._observations:
            return []
        live = np.array(self._observations)
        statuses = []
        for name, part in self.bundle.interface.term_slices().items():
            found = deviation(live[:, part], self.bundle.statistics["terms"][name])
            odd = found.outside > MAX_OUTSIDE or found.mean_shift > MAX_SHIFT
            level = DiagnosticStatus.WARN if odd else DiagnosticStatus.OK
            values = {"shift": found.mean_shift, "outside": found.outside}
            statuses.append(self._status(f"term {name}", level, values))
        return statuses

    def _status(self, name: str, level: bytes, values: dict[str, float]) -> DiagnosticStatus:
        pairs = [KeyValue(key=key, value=f"{value:.4g}") for key, value in values.items()]
        pairs.append(KeyValue(key="bundle", value=self.bundle.name))
        pairs.append(KeyValue(key="hash", value=self.bundle.hash))
        return DiagnosticStatus(
            level=level,
            name=f"robot_learning: {name}",
            message=f"policy {self.bundle.name}",
            hardware_id=str(self.bundle.robot["name"]),
            values=pairs,
        )


def main(args: list[str] | None = None) -> int:
    """Entry point of ``monitor_node``."""
    return run(MonitorNode, args)


if __name__ == "__main__":
    sys.exit(main())
