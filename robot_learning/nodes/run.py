"""Running a node to its end: SIGINT and SIGTERM stop it at once, errors are one line."""

import contextlib
import gc
import os
import sys
from collections.abc import Callable
from typing import Any

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions

from robot_learning.base.errors import RobotLearningError

REALTIME_PRIORITY = 50  # as ros2_control's controller manager


def run(
    make_node: Callable[[], Any], args: list[str] | None = None, *, realtime: bool = False
) -> int:
    """Spin the node that ``make_node`` returns until a signal; return the exit code.

    Args:
        make_node: returns the node.
        args: command line.
        realtime: go before ordinary processes, where the system lets this user.
    """
    if realtime:
        with contextlib.suppress(OSError, AttributeError):
            # Before rclpy starts its threads, which inherit it.
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(REALTIME_PRIORITY))
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.ALL)
    node = None
    try:
        node = make_node()
        # What is loaded by now stays; without it a garbage collection is over in microseconds.
        gc.collect()
        gc.freeze()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RobotLearningError, ParameterException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except RuntimeError:
        # A signal while the node was being made leaves it without a context.
        if rclpy.ok():
            raise
    finally:
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0
