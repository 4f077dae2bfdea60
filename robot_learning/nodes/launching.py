"""What the launch files share; it imports neither launch nor rclpy."""

from typing import Any


def refuse_death(event: Any, _: Any) -> None:
    """End the launch with exit code 1 where a process has died; a shutdown would end it with 0.

    Args:
        event: launch's ``ProcessExited``.

    Raises:
        RuntimeError: naming the process and its exit code, where that is not 0.
    """
    if event.returncode:
        raise RuntimeError(f"{event.process_name} died with exit code {event.returncode}")
