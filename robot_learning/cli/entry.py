"""Entry points of the command line: what Ctrl-C finds before anything heavy is loaded."""

import signal

from robot_learning.base.interrupts import loading


def main() -> int:
    """Run ``robot-learning``."""
    with loading():
        from robot_learning.cli.main import main as run
    try:
        return run()
    finally:
        # What is left runs no handler of ours: a Ctrl-C now ends it without a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def train() -> int:
    """Run ``ros2 run robot_learning train``."""
    with loading():
        from robot_learning.cli.main import train_main as run
    try:
        return run()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
