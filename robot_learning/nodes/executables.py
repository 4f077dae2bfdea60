"""The nodes as executables; where an extra is not installed, one line says which."""

import gc
import importlib
import os
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


def guard_node() -> int:
    """Run ``guard_node``."""
    return _run("guard_node")


def monitor_node() -> int:
    """Run ``monitor_node``."""
    return _run("monitor_node")


def view_node() -> int:
    """Run ``view_node``."""
    return _run("view_node")


def demo_node() -> int:
    """Run ``demo_node``."""
    return _run("demo_node")


def _run(name: str) -> int:
    # A node is to be there soon: no search for plugins of pydantic, no collection while it loads.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    gc.disable()
    try:
        with loading():
            node = importlib.import_module(f"robot_learning.nodes.{name}")
    except ModuleNotFoundError as error:
        line = way_out(error)
        if line is None:
            raise
        print(f"error: {name}: {line}", file=sys.stderr)
        return 1
    finally:
        gc.enable()
    code: int = node.main()
    return code
