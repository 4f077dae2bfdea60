"""Calls of services by a program that hears while it waits."""

from collections.abc import Callable
from typing import Any

from std_srvs.srv import Trigger

from robot_learning.base.errors import StateError

Wait = Callable[..., None]  # takes what says why not yet, and for how long at most, s


def trigger(wait: Wait, client: Any, patience: float) -> None:
    """Call a service of type ``std_srvs/Trigger``.

    Raises:
        StateError: where it is not there, does not answer or answers that it failed.
    """
    done = answer(wait, client, Trigger.Request(), patience)
    if not done.success:
        raise StateError(f"{client.srv_name}: {done.message}")


def answer(wait: Wait, client: Any, request: Any, patience: float) -> Any:
    """Return what a service answers within ``patience`` s.

    Raises:
        StateError: where it is not there or does not answer.
    """
    name = client.srv_name
    wait(lambda: "" if client.service_is_ready() else f"no service {name}")
    asked = client.call_async(request)
    wait(lambda: "" if asked.done() else f"{name} does not answer", patience)
    return asked.result()
