"""What the three deployed nodes take of a computer, under either of rclpy's executors."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray

from benchmarks.learning import Row
from robot_learning.base.interrupts import started_here
from robot_learning.cli.session import own_domain, stop
from robot_learning.nodes.arm import Arm
from robot_learning.nodes.diagnostics import WAITING
from robot_learning.nodes.messages import parts_of
from robot_learning.nodes.system import NodeStart, deployment
from robot_learning.robot import RobotSpec

NODES = ("policy_node", "safety_node", "monitor_node")
HEAVY = ("torch", "pybullet", "mujoco")
GOAL_EACH = 0.5  # s, so that one is always pursued
WARM, PATIENCE = 5.0, 120.0  # s
ROUNDS = 3
HOW = ("as deployed", "polling")
# A process runs the node's own main, with the executor that is measured.
CODE = """
import runpy, sys
import robot_learning.nodes.run as run
from rclpy.executors import SingleThreadedExecutor
how, name = sys.argv.pop(1), sys.argv.pop(1)
if how == "polling":
    run.make_executor = lambda _: SingleThreadedExecutor()
run.set_realtime = lambda on: run.keep_loaded()  # the rest would stop a computer that is busy
runpy.run_module("robot_learning.nodes." + name, run_name="__main__", alter_sys=True)
"""


class Operator:
    """Sends a goal again and again, and hears when commands come."""

    def __init__(self, spec: RobotSpec, domain: int) -> None:
        self._context = Context()
        rclpy.init(context=self._context, domain_id=domain)
        self.node = Node("operator", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._goal = self.node.create_publisher(PoseStamped, "policy_node/goal", 10)
        self._spec, self._rng = spec, np.random.default_rng(0)
        self.ages: list[float] = []
        self.ticks: list[float] = []
        self.node.create_subscription(JointState, "policy_node/command", self._on_command, 50)
        self.node.create_subscription(Float64MultiArray, "policy_node/action", self._on_action, 50)
        self.served = 0
        self.node.create_subscription(DiagnosticStatus, "safety_node/status", self._on_status, 50)
        self.node.create_timer(GOAL_EACH, self._send)

    def _send(self) -> None:
        low, high = self._spec.workspace_lower, self._spec.workspace_upper
        place = self._rng.uniform(0.8 * low + 0.2 * high, 0.2 * low + 0.8 * high)
        message = PoseStamped()
        message.header.frame_id = self._spec.base_link
        message.pose.position.x, message.pose.position.y, message.pose.position.z = place
        message.pose.orientation.w = 1.0
        self._goal.publish(message)

    def _on_command(self, message: JointState) -> None:
        now = self.node.get_clock().now().nanoseconds
        self.ages.append(
            now * 1e-9 - message.header.stamp.sec - message.header.stamp.nanosec * 1e-9
        )

    def _on_action(self, message: Float64MultiArray) -> None:
        self.ticks.append(float(parts_of(message)[1]["latency"][0]))

    def _on_status(self, message: DiagnosticStatus) -> None:
        self.served += message.message != WAITING

    def wait(self) -> None:
        """Hear until all work; a first start compiles the filter."""
        end = time.monotonic() + PATIENCE
        while self.served < 20 or len(self.ages) < 20:
            if time.monotonic() > end:
                raise RuntimeError(f"{self.served} periods served, {len(self.ages)} commands")
            self._executor.spin_once(timeout_sec=0.1)

    def spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.try_shutdown(context=self._context)


@contextmanager
def running(
    starts: list[NodeStart], python: str, executor: str, env: dict[str, str]
) -> Iterator[Any]:
    """Run nodes as processes, the measured ones by an interpreter and under an executor."""
    processes: dict[str, Any] = {}
    try:
        for node in starts:
            measured = node.name in NODES
            how = [executor if measured else HOW[0], node.name]
            own = python if measured else sys.executable
            processes[node.name] = subprocess.Popen(
                [own, "-c", CODE, *how, *node.ros_args()],
                env=started_here(env),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        yield processes
    finally:
        stop(processes.values())


def measure(
    bundle: Path, robot: str, python: str, executor: str, seconds: float
) -> dict[str, Any]:
    """Return memory, MB, core share and latencies of the nodes while a goal is pursued."""
    spec = RobotSpec.load(robot)
    starts = deployment(Arm(robot=robot, bundle=str(bundle)))
    with own_domain() as env, running(starts, python, executor, env) as processes:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        operator = Operator(spec, int(env["ROS_DOMAIN_ID"]))
        try:
            operator.wait()
            operator.spin(WARM)
            operator.ages.clear()
            operator.ticks.clear()
            own = {name: psutil.Process(processes[name].pid) for name in NODES}
            before = {name: sum(item.cpu_times()[:2]) for name, item in own.items()}
            began = time.monotonic()
            operator.spin(seconds)
            took = time.monotonic() - began
            share = {
                name: (sum(item.cpu_times()[:2]) - before[name]) / took
                for name, item in own.items()
            }
            memory = {name: item.memory_full_info() for name, item in own.items()}
            maps = " ".join(
                Path(f"/proc/{item.pid}/maps").read_text(encoding="utf-8") for item in own.values()
            )
        finally:
            operator.close()
    return {
        "share": share,
        "pss": {name: item.pss / 1e6 for name, item in memory.items()},
        "rss": {name: item.rss / 1e6 for name, item in memory.items()},
        "heavy": [name for name in HEAVY if f"/{name}" in maps],
        "tick": np.percentile(operator.ticks, [50, 99]) * 1e3,
        "age": np.percentile(operator.ages, [50, 99]) * 1e3,
        "rate": len(operator.ages) / took,
    }


def rows(bundle: Path, robot: str, seconds: float, python: str = sys.executable) -> list[Row]:
    found: dict[str, list[dict[str, Any]]] = {how: [] for how in HOW}
    for _ in range(ROUNDS):
        for executor, rounds in found.items():
            rounds.append(measure(bundle, robot, python, executor, seconds))
    out: list[Row] = []
    for executor, rounds in found.items():
        median = {
            key: {name: float(np.median([r[key][name] for r in rounds])) for name in NODES}
            for key in ("share", "pss", "rss")
        }
        tick, age = (np.median([r[key] for r in rounds], axis=0) for key in ("tick", "age"))
        each = ", ".join(f"{name} {median['share'][name]:.1%}" for name in NODES)
        out.append(
            (f"{executor}: core share", f"{sum(median['share'].values()):.1%}", "20 %", each)
        )
        each = ", ".join(f"{name} {median['pss'][name]:.0f}" for name in NODES)
        resident = f"resident {sum(median['rss'].values()):.0f} MB"
        total = f"{sum(median['pss'].values()):.0f} MB"
        out.append(
            (f"{executor}: memory, shared pages shared", total, "350 MB", f"{each}; {resident}")
        )
        out.append(
            (f"{executor}: tick", f"p50 {tick[0]:.2f}, p99 {tick[1]:.2f} ms", "p99 2 ms", "")
        )
        out.append(
            (
                f"{executor}: stamp of the state to command heard",
                f"p50 {age[0]:.2f}, p99 {age[1]:.2f} ms",
                "",
                f"{rounds[0]['rate']:.1f} Hz; heavy: {rounds[0]['heavy'] or 'none'}",
            )
        )
    return out
