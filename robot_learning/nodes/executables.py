"""The nodes as executables; where an extra is not installed, one line says which."""

import importlib
import sys

from robot_learning.base.extras import way_out
from robot_learning.base.interrupts import loading


def sim_node() -> int:
    """Run ``sim_node``."""
    return _run("sim_node")


def policy_node() -> int:
    """Run ``policy_node``."""
    return _run("policy_node")


def safety_node() -> int:
    """Run ``safety_node``."""
    return _run("safety_node")


def monitor_node() -> int:
    """Run ``monitor_node``."""
    return _run("monitor_node")


def demo_node() -> int:
    """Run ``demo_node``."""
    return _run("demo_node")


def _run(name: str) -> int:
    try:
        with loading():
            node = importlib.import_module(f"robot_learning.nodes.{name}")
    except ModuleNotFoundError as error:
        line = way_out(error)
        if line is None:
            raise
        print(f"error: {name}: {line}", file=sys.stderr)
        return 1
    code: int = node.main()
    return code
