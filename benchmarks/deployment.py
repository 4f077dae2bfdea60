"""The deployed system over real DDS: goals, latency, start-up."""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

from benchmarks.learning import Row, trained
from robot_learning.cli.bars import Bars
from robot_learning.cli.session import own_domain, run_session, start, stop
from robot_learning.monitoring.session import Session

GOALS = 20
STARTS = 5


def rows(runs: Path, robot: str) -> list[Row]:
    bundle = trained(robot, runs)
    record = runs / "session.json"
    with Bars() as bars:
        run_session(
            bundle.path, robot, GOALS, 0, record, lambda done: bars.show("goals", done, GOALS)
        )
    session = Session.load(record)
    broken = json.dumps(session.violations) if session.violations else "none"
    p50, p99 = session.latency(50) * 1e3, session.latency(99) * 1e3
    starts = [start_up(bundle.path) for _ in range(STARTS)]
    return [
        (f"{robot} over ROS: goals reached", f"{session.reached} of {GOALS}", "19 of 20", ""),
        (f"{robot} over ROS: limits exceeded", broken, "none", ""),
        (
            "tick, state received to command sent",
            f"p50 {p50:.2f} ms, p99 {p99:.2f} ms",
            "p99 2 ms",
            tick_floor(bundle.path),
        ),
        (
            "policy_node: process start to active",
            f"median {statistics.median(starts):.2f} s",
            "1.5 s",
            import_floor(),
        ),
    ]


def start_up(bundle: Path) -> float:
    """Return how long after its start the policy node says that it is active, s."""
    with own_domain() as env:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        context = Context()
        rclpy.init(context=context, domain_id=int(env["ROS_DOMAIN_ID"]))
        node = Node("stopwatch", context=context)
        executor = SingleThreadedExecutor(context=context)
        executor.add_node(node)
        said: list[str] = []
        qos = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        node.create_subscription(
            DiagnosticStatus, "/policy_node/status", lambda m: said.append(m.message), qos
        )
        began = time.perf_counter()
        parameters: dict[str, Any] = {"bundle": str(bundle.resolve()), "autostart": True}
        process = start("policy_node", parameters, env, subprocess.DEVNULL)
        while "active" not in said:
            executor.spin_once(timeout_sec=0.005)
        took = time.perf_counter() - began
        stop([process])
        executor.shutdown()
        rclpy.try_shutdown(context=context)
    return took


def tick_floor(bundle: Path) -> str:
    """Say what a tick costs without ROS."""
    code = (
        "import sys,time,numpy as np;from robot_learning.policy import *;"
        "from robot_learning.robot import *;b=PolicyBundle.load(sys.argv[1]);r=PolicyRunner(b);"
        "s=r.spec;st=ArmState(s.home,np.zeros(s.n),0.0);g={'goal':Input(r.model.forward(s.home)"
        "[:3,3],0.0)};t=[]\n"
        "for _ in range(2000):\n a=time.perf_counter();r.step(st,g,0.0);"
        "t.append(time.perf_counter()-a)\n"
        "print(f'{np.median(t)*1e3:.2f}')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(bundle)], capture_output=True, encoding="utf-8"
    )
    return f"PolicyRunner.step alone: {done.stdout.strip()} ms"


def import_floor() -> str:
    """Say what importing the two libraries costs that no policy node can do without."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import rclpy, onnxruntime, pinocchio"], check=True)
    took = time.perf_counter() - began
    return f"python -c 'import rclpy, onnxruntime, pinocchio': {took:.2f} s"
