"""The page of a live arm: where it is, and what its safety node does. It commands nothing."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import viser
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec
from robot_learning.robot.schema import Solid
from robot_learning.safety import Status
from robot_learning.safety.guards import Guards
from robot_learning.safety.status import UNITS
from robot_learning.viewing import panels
from robot_learning.viewing.colours import AMBER, GREY, RED, Colour, by_status
from robot_learning.viewing.drawing import MESHES
from robot_learning.viewing.margins import Margin
from robot_learning.viewing.stage import PAIRS, SCENE, WORKSPACE, Stage

Array = NDArray[np.float64]
PERIOD = 0.05  # s between two pictures
TOLD = "margin."  # what the keys of margins begin with in the safety node's status
SHOWN = ("latched", "reason", "refused")  # further keys that say why an arm stands


class Source(Protocol):
    """Whoever hears a running arm; see :class:`robot_learning.nodes.listener.Listener`."""

    @property
    def q(self) -> Array | None:
        """Where the arm is (n,), rad or m; None where nobody tells."""

    @property
    def opening(self) -> float:
        """How far its gripper is open, 0 closed to 1 open."""

    @property
    def problem(self) -> str:
        """Why there is no ``q``."""

    @property
    def safety(self) -> Mapping[str, str]:
        """The safety node's values by key, its word as ``status``; empty where it is silent."""

    @property
    def solids(self) -> Sequence[Solid]:
        """What the safety node was told to keep off at run time."""

    def listen(self, seconds: float) -> None:
        """Take what comes for so long."""


class LivePage:
    """Follows an arm that somebody else moves.

    Args:
        server: of the page.
        spec: the robot.
        source: tells of it.

    Attributes:
        stage: what is drawn.
    """

    def __init__(self, server: viser.ViserServer, spec: RobotSpec, source: Source) -> None:
        self.stage, self._source = Stage(server, Guards(spec)), source
        self._solids: list[Solid] = []
        gui = server.gui
        self._arm, self._filter = gui.add_html(""), gui.add_html("")
        with gui.add_folder("Margins that the safety node tells"):
            self._told = gui.add_html("")
        with gui.add_folder("Margins of the measured arm, at rest"):
            self._measured = gui.add_html("")
            gui.add_html(panels.legend())
        with gui.add_folder("Layers"):
            panels.switches(gui, self.stage.layers, (MESHES, PAIRS, WORKSPACE, SCENE))
        self.stage.hide()

    def run(self) -> None:
        """Follow the arm until Ctrl-C."""
        while True:
            self._source.listen(PERIOD)
            self.draw()

    def draw(self) -> None:
        """Draw what was heard last."""
        self._surround()
        q, safety = self._source.q, self._source.safety
        if q is None:
            self.stage.hide()
            why = self._source.problem
            self._arm.content = panels.headline("Nobody tells where the arm is", GREY, why)
        else:
            self._measured.content = panels.margin_table(self.stage.show(q, self._source.opening))
            self._arm.content = ""
        words = [f"{key}: {safety[key]}" for key in SHOWN if safety.get(key)]
        causes = safety.get("causes", "").replace("_", " ").replace(",", ", ")
        told = f"{safety.get('status', 'no word')}{': ' if causes else ''}{causes}"
        self._filter.content = panels.headline(
            f"safety_node: {told}", _colour(safety), "; ".join(words)
        )
        self._told.content = panels.margin_table(_margins(safety))

    def _surround(self) -> None:
        solids = list(self._source.solids)
        if solids != self._solids:
            self._solids = solids
            self.stage.guards.set_scene([*self.stage.guards.spec.safety.scene, *solids], None)
            self.stage.surround(self.stage.guards.solids)


def _colour(safety: Mapping[str, str]) -> Colour:
    if not safety:
        return GREY
    word = safety["status"]
    if safety.get("latched") or word not in Status.__members__:
        return RED
    # An arm that nobody commands stands without a fault.
    return AMBER if word == Status.STOPPED.name else by_status(Status[word])


def _margins(safety: Mapping[str, str]) -> list[Margin]:
    """Return the margins that the safety node tells."""
    told = [(cause, safety.get(TOLD + cause.value)) for cause in UNITS]
    return [Margin(cause, UNITS[cause], value, float(value)) for cause, value in told if value]
