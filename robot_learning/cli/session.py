"""The deployed system as processes of its own, talking over DDS on this machine alone."""

import importlib.util
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from robot_learning.base.errors import ConfigError, RobotLearningError

Process = subprocess.Popen[str]


def run_session(
    bundle: Path, robot: str, goals: int, seed: int, out: Path, on_goal: Callable[[int], None]
) -> None:
    """Start the nodes, send ``goals`` goals, write the record to ``out``, stop the nodes.

    Raises:
        ConfigError: where there is no rclpy.
        RobotLearningError: where a node ends early; its last words are in the message.
    """
    if importlib.util.find_spec("rclpy") is None:
        raise ConfigError("no rclpy: source ROS 2, or `pip install 'robot_learning[ros]'`")
    common = {"robot": robot}
    deployed = {**common, "bundle": str(bundle.resolve())}
    log = out.with_name("nodes.log")
    with log.open("w", encoding="utf-8") as stream, own_domain() as env:
        nodes = {
            "sim_node": start("sim_node", common, env, stream),
            "safety_node": start("safety_node", common, env, stream),
            "monitor_node": start("monitor_node", deployed, env, stream),
            "policy_node": start("policy_node", {**deployed, "autostart": True}, env, stream),
        }
        try:
            parameters: dict[str, str | int] = {
                **deployed,
                "goals": goals,
                "seed": seed,
                "out": str(out.resolve()),
            }
            demo = start("demo_node", parameters, env, subprocess.PIPE, stream)
            nodes["demo_node"] = demo
            assert demo.stdout is not None
            done = 0
            for line in demo.stdout:
                stream.write(line)
                done += line.startswith("goal ")
                on_goal(done)
                dead = [name for name, node in nodes.items() if node.poll()]
                if dead:
                    raise RobotLearningError(f"{dead[0]} ended early; see {log}")
            if demo.wait() != 0 or done < goals:
                raise RobotLearningError(f"demo_node ended early; see {log}")
        finally:
            stop(nodes.values())


def start(
    name: str,
    parameters: Mapping[str, str | int | bool],
    env: dict[str, str],
    stdout: Any,
    stderr: Any = subprocess.STDOUT,
    namespace: str = "",
) -> Process:
    """Start one of the package's nodes as a process."""
    command = [sys.executable, "-u", "-m", f"robot_learning.nodes.{name}", "--ros-args"]
    for key, value in parameters.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        command += ["-p", f"{key}:={text}"]
    if namespace:
        command += ["-r", f"__ns:=/{namespace}"]
    return subprocess.Popen(command, env=env, stdout=stdout, stderr=stderr, encoding="utf-8")


def stop(processes: Iterable[Process]) -> None:
    """End processes: SIGINT, and SIGKILL to whatever is left after 5 s."""
    processes = list(processes)
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    for process in processes:
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def own_domain() -> Iterator[dict[str, str]]:
    """Give an environment whose ROS graph nobody else on the network is in."""
    yield {
        **os.environ,
        "ROS_DOMAIN_ID": os.environ.get("ROS_DOMAIN_ID", str(random.randint(1, 100))),
        "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST",
        "OMP_NUM_THREADS": "1",
    }
