"""What people may ask of the safety node: to stop, to go on, and to go slowly."""

from collections.abc import Callable
from typing import Any

from std_srvs.srv import SetBool, Trigger

from robot_learning.base.errors import SafetyError
from robot_learning.base.types import ArmState
from robot_learning.monitoring.ladder import REDUCED
from robot_learning.nodes.clock import NodeTime
from robot_learning.nodes.scene import ToldScene
from robot_learning.safety import Cause, SafetyFilter


class Requests:
    """Offers ``~/stop``, ``~/resume`` and ``~/reduced_speed``.

    Args:
        node: the safety node.
        safety: the filter.
        clock: the node's time.
        scene: what it was told stands around the arm.
        state: returns the newest state of the arm itself.
        resumed: hears when commands pass again, s, and from which state on.
        reduced: whether the reduced speed can't be left.
    """

    def __init__(
        self,
        node: Any,
        safety: SafetyFilter,
        clock: NodeTime,
        scene: ToldScene,
        state: Callable[[], ArmState | None],
        resumed: Callable[[float, ArmState], None],
        reduced: bool,
    ) -> None:
        self._log, self._filter, self._time, self._scene = node.get_logger(), safety, clock, scene
        self._state, self._resumed, self._reduced = state, resumed, reduced
        node.create_service(Trigger, "~/stop", self._on_stop)
        node.create_service(Trigger, "~/resume", self._on_resume)
        node.create_service(SetBool, "~/reduced_speed", self._on_reduced_speed)

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        self._filter.request_stop()
        response.success, response.message = True, Cause.STOP_REQUESTED.value
        return response

    def _on_resume(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        now, state = self._time.now(), self._state()
        if stale := self._scene.stale(now):
            response.success = False
            response.message = f"resume refused: {Cause.STALE_SCENE.value}: marker '{stale}'"
            return response
        try:
            self._filter.resume(state, now)
        except SafetyError as error:
            response.success, response.message = False, str(error)
            return response
        assert state is not None  # The filter refuses to resume without one.
        self._resumed(now, state)
        response.success, response.message = True, "commands pass again"
        self._log.info("resumed: commands pass again")
        return response

    def _on_reduced_speed(
        self, request: SetBool.Request, response: SetBool.Response
    ) -> SetBool.Response:
        if self._reduced and not request.data:
            response.success = False
            response.message = f"mode {REDUCED}: the speed stays reduced"
            return response
        self._filter.reduced_speed = request.data
        response.success, response.message = True, "reduced" if request.data else "full"
        return response
