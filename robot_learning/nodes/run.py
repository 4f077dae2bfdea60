"""Running a node to its end: SIGINT and SIGTERM stop it at once, errors are one line."""

import contextlib
import ctypes
import difflib
import gc
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.signals import SignalHandlerOptions
from rclpy.task import Future

from robot_learning.base.errors import ConfigError, RobotLearningError, told
from robot_learning.base.interrupts import end_with_starter

LONG = 3600.0  # s
LIKE = 0.8  # from where a name is taken for another one, misspelt
REALTIME_PRIORITY = 50  # as ros2_control's controller manager
THREADS = Path("/proc/self/task")


def run(
    make_node: Callable[[], Any], args: list[str] | None = None, *, by_events: bool = False
) -> int:
    """Spin the node that ``make_node`` returns until a signal; return the exit code.

    Args:
        make_node: returns the node.
        args: command line.
        by_events: wake for what has happened in place of looking through all that may; it takes
            half the time, but neither callback groups nor who sent a message count with it.
    """
    end_with_starter()
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.ALL)
    node = None
    try:
        node = make_node()
        refuse_misspelt(node)
        keep_loaded()
        executor = make_executor(by_events)
        executor.add_node(node)
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except (RobotLearningError, ParameterException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"error: {told(error)}", file=sys.stderr)
        return 1
    except RuntimeError:
        # A signal while the node was being made leaves it without a context.
        if rclpy.ok():
            raise
    finally:
        # A second Ctrl-C finds the node on its way out.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()
    return 0


def make_executor(by_events: bool) -> Any:
    """Return what waits for messages and timers, and calls back."""
    if by_events:
        with contextlib.suppress(ImportError):  # Jazzy has it since rclpy 7.1.4.
            return Events()
    return SingleThreadedExecutor()


class Events:
    """rclpy's EventsExecutor, so that it sleeps.

    Its endless wait overflows in the wheels for an old C library: it would keep a core busy.
    """

    def __init__(self) -> None:
        from rclpy.experimental.events_executor import EventsExecutor

        self._executor = EventsExecutor()
        self.add_node = self._executor.add_node

    def spin(self) -> None:
        """Call back until the context is shut down."""
        never: Any = Future()
        while True:
            self._executor.spin_until_future_complete(never, LONG)


def refuse_misspelt(node: Any) -> None:
    """Refuse a parameter that looks like one of the node's; warn of others that it has not.

    A file of parameters for several nodes may give one what only others have.
    """
    known = list(node.get_parameters_by_prefix(""))
    for name in node._parameter_overrides:
        if name in known or name.startswith("qos_overrides."):
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=LIKE)
        if near:
            raise ConfigError(
                f"{node.get_name()}: parameter '{name}': there is none; did you mean '{near[0]}'?"
            )
        node.get_logger().warning(f"parameter '{name}': this node has none of that name")


def keep_loaded() -> None:
    """Take what is loaded out of the garbage collector's way; the rest takes microseconds.

    What loading needed for a while goes back to the system.
    """
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):  # glibc alone keeps it.
        ctypes.CDLL(None).malloc_trim(0)


def set_realtime(on: bool) -> None:
    """Go before ordinary processes, or no longer, where the system lets this user.

    A node that is still loading would keep the arm's driver from its work: take the priority
    once the node is ready, and give it back before the next load. All threads of the process
    change, those of the middleware as well.
    """
    if on:
        keep_loaded()
    policy = os.SCHED_FIFO if on else os.SCHED_OTHER
    parameter = os.sched_param(REALTIME_PRIORITY if on else 0)
    with contextlib.suppress(OSError, AttributeError):
        for thread in THREADS.iterdir():
            with contextlib.suppress(ProcessLookupError):
                os.sched_setscheduler(int(thread.name), policy, parameter)
