"""Entry points of the command line: what Ctrl-C finds before anything heavy is loaded."""

import signal

from robot_learning.base.interrupts import loading


def main() -> int:
    """Run ``robot-learning``."""
    return _run("main")


def train() -> int:
    """Run ``ros2 run robot_learning train``."""
    return _run("train_main")


def _run(name: str) -> int:
    with loading():
        from robot_learning.cli import main as commands
    try:
        return int(getattr(commands, name)())
    finally:
        # What is left runs no handler of ours: a Ctrl-C now ends it without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
