"""The deployed system as processes of its own, talking over DDS on this machine alone."""

import importlib.util
import os
import random
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from robot_learning.base.errors import ConfigError, RobotLearningError
from robot_learning.base.interrupts import held, started_here, unwinding
from robot_learning.nodes.arm import Arm, robot_of
from robot_learning.nodes.system import NodeStart, Value, demonstration

Process = subprocess.Popen[str]
LOOK = 0.2  # s between looks at whether the nodes live


def run_session(
    bundle: Path, robot: str, goals: int, seed: int, out: Path, on_goal: Callable[[int], None]
) -> None:
    """Start the nodes, send ``goals`` goals, write the record to ``out``, stop the nodes.

    The nodes do not hear the terminal's Ctrl-C; whatever ends this function ends them.

    Raises:
        ConfigError: where there is no rclpy.
        RobotLearningError: where a node ends early; its last words are in the message.
    """
    if importlib.util.find_spec("rclpy") is None:
        raise ConfigError("no rclpy: source ROS 2, or `pip install 'robot_learning[ros]'`")
    # On a busy computer the simulation falls behind; by its clock all nodes do so together.
    arm = _apart(Arm(robot=robot, bundle=str(bundle), seed=seed, use_sim_time=True))
    starts = demonstration(arm, goals, seed, out)
    log = out.with_name("nodes.log")
    nodes: dict[str, Process] = {}
    with log.open("w", encoding="utf-8") as stream, own_domain() as env, unwinding():
        try:
            with held():
                for node in starts:
                    output = subprocess.PIPE if node.name == "demo_node" else stream
                    nodes[node.name] = begin(node, env, output, stream)
            if _follow(nodes, stream, on_goal) < goals:
                raise RobotLearningError("demo_node ended early")
        except RobotLearningError as error:
            raise RobotLearningError(f"{error}{_last_error(log)}; see {log}") from None
        finally:
            with held():
                stop(nodes.values())


def _apart(arm: Arm) -> Arm:
    """Return the arm under names that no other one answers to, should both be in one domain."""
    from robot_learning.robot import RobotSpec

    topic = RobotSpec.load(robot_of(arm)).controller_topic.lstrip("/")
    return replace(arm, namespace=f"demo_{os.getpid()}", controller_topic=topic)


def _follow(nodes: Mapping[str, Process], stream: IO[str], on_goal: Callable[[int], None]) -> int:
    """Count the goals that demo_node reports until it ends; raise where another node does."""
    pipe = nodes["demo_node"].stdout
    assert pipe is not None
    said, done = b"\n", 0
    while True:
        if select.select([pipe], [], [], LOOK)[0]:
            words = os.read(pipe.fileno(), 65536)
            if not words:
                return done
            stream.write(words.decode(errors="replace"))
            said += words
            done = said.count(b"\ngoal ")
            on_goal(done)
        dead = [name for name, node in nodes.items() if node.poll() is not None]
        if dead and "demo_node" not in dead:
            raise RobotLearningError(f"{dead[0]} ended early")


def _last_error(log: Path) -> str:
    """Return what a node said last that begins with ``error:``, to go behind a message."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    found = [line for line in lines if line.startswith("error: ")]
    return f": {found[-1].removeprefix('error: ')}" if found else ""


def begin(
    node: NodeStart, env: dict[str, str], stdout: Any, stderr: Any = subprocess.STDOUT
) -> Process:
    """Start one of the package's nodes as a process, out of reach of the terminal's Ctrl-C.

    It ends when this process is gone, even where that is killed.
    """
    module = f"robot_learning.nodes.{node.name}"
    command = [sys.executable, "-u", "-m", module, *node.ros_args()]
    return subprocess.Popen(
        command,
        env=started_here(env),
        stdout=stdout,
        stderr=stderr,
        encoding="utf-8",
        start_new_session=True,
    )


def start(
    name: str,
    parameters: Mapping[str, Value],
    env: dict[str, str],
    stdout: Any,
    stderr: Any = subprocess.STDOUT,
    namespace: str = "",
) -> Process:
    """Start a node of that name with parameters as a process; see :func:`begin`."""
    return begin(NodeStart(name, parameters, namespace=namespace), env, stdout, stderr)


def stop(processes: Iterable[Process], patience: float = 5.0) -> None:
    """End processes: SIGINT, and SIGKILL to whatever is left after ``patience`` s."""
    processes = list(processes)
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    for process in processes:
        try:
            process.wait(patience)
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
