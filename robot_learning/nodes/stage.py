"""Puts the scene of an episode in order: by the simulation's services, or by asking a person."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rcl_interfaces.msg import Parameter, ParameterType, ParameterValue
from rcl_interfaces.srv import SetParameters
from std_srvs.srv import Trigger

from robot_learning.base.types import Input, Start

NEAR = 0.02  # m; an object so near to its place is there
SETTLE = 0.4  # s after which a safety node has seen that the simulated arm is elsewhere
AGAIN = 0.4  # s between two requests to resume


class Stage:
    """Where the objects of an episode begin.

    Args:
        node: who asks for it.
        simulated: ``sim_node`` begins an episode where it is asked to; otherwise a person puts
            the objects where the log says.
        tracked: names of the objects whose poses are told.
    """

    def __init__(self, node: Any, simulated: bool, tracked: Sequence[str]) -> None:
        self._node, self._simulated, self._tracked = node, simulated, tracked
        self._start: Start | None = None
        self._asked: SetParameters.Request | None = None
        self._reset_at: float | None = None
        self._resumed_at = -np.inf
        self._cancel = node.create_client(Trigger, "policy_node/cancel")
        if simulated:
            self._seed = node.create_client(SetParameters, "sim_node/set_parameters")
            self._reset = node.create_client(Trigger, "sim_node/reset")
            self._resume = node.create_client(Trigger, "safety_node/resume")

    @property
    def missing(self) -> bool:
        """Whether the services are not there yet."""
        needed = [self._cancel, *([self._seed, self._reset] if self._simulated else [])]
        return not all(client.service_is_ready() for client in needed)

    def prepare(self, seed: int, start: Start, now: float) -> None:
        """Ask for the episode of ``seed``, which begins at ``start``, at ``now``, s.

        A goal that the policy still pursues is cancelled first: it would move what is put back.
        """
        self._start, self._reset_at = start, None
        self._cancel.call_async(Trigger.Request())
        if self._simulated:
            value = ParameterValue(type=ParameterType.PARAMETER_INTEGER, integer_value=seed)
            self._asked = SetParameters.Request(parameters=[Parameter(name="seed", value=value)])
            return
        self._reset_at = now
        for name, (place, turn) in start.places.items():
            x, y, z = np.round(place, 3)
            self._node.get_logger().info(
                f"put '{name}' at x {x}, y {y}, z {z} m, turned by {turn:.2f} rad"
            )

    def go_on(self, stopped: bool, latched: bool, now: float) -> None:
        """Take the next step to an episode that was asked for.

        Args:
            stopped: whether the arm has come to rest; a simulated one is put elsewhere only then.
            latched: whether the safety node waits to be resumed.
            now: s.
        """
        if self._asked is not None and stopped:
            done, self._asked = self._seed.call_async(self._asked), None
            done.add_done_callback(self._on_seed)
        if latched and self._simulated and now - self._resumed_at > AGAIN:
            self._resumed_at = now
            self._resume.call_async(Trigger.Request())

    def _on_seed(self, _: Any) -> None:
        self._reset.call_async(Trigger.Request()).add_done_callback(self._on_reset)

    def _on_reset(self, _: Any) -> None:
        self._reset_at = self._node.time.now()

    def problem(self, positions: Mapping[str, Input], now: float) -> str:
        """Return what the scene waits for at ``now``, s; empty where it is in order."""
        if self._start is None:
            return ""
        if self._reset_at is None or now - self._reset_at < (SETTLE if self._simulated else 0.0):
            return "sim_node to begin the episode"
        for name in self._tracked:
            place, seen = self._start.places[name][0], positions.get(name)
            if seen is None:
                return f"the pose of '{name}'"
            if np.linalg.norm(seen.value - place) > NEAR:
                return f"'{name}' at {np.round(place, 3)} m; it is at {np.round(seen.value, 3)}"
        return ""
