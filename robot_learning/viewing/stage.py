"""An arm among what stands around it, and its margins, as every page draws them."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import viser
from numpy.typing import NDArray

from robot_learning.kinematics import ArmModel
from robot_learning.robot.schema import Solid
from robot_learning.safety.guards import Guards
from robot_learning.viewing import shapes
from robot_learning.viewing.colours import AMBER, GREY, RED, Colour, by_room
from robot_learning.viewing.drawing import ArmDrawing
from robot_learning.viewing.margins import Margin, Nearest, look
from robot_learning.viewing.page import furnish

Array = NDArray[np.float64]
PAIRS, WORKSPACE, SCENE = "nearest pairs", "workspace", "scene, keep-out"
LINES = 5  # nearest pairs that are drawn
THIN = 2.0  # pixels
Side = Literal["bottom-left", "top-left", "bottom-right", "top-right"]
SIDES: tuple[Side, ...] = ("bottom-left", "top-left", "bottom-right", "top-right")


class Stage:
    """The arm of a page, what stands around it, and the lines to what it is nearest to.

    Args:
        server: of the page.
        guards: of the filter of the arm.

    Attributes:
        model: the arm.
        layers: what is drawn, to be shown or hidden together, by name.
        failed: a line about each mesh that could not be read.
    """

    def __init__(self, server: viser.ViserServer, guards: Guards) -> None:
        self._scene, self.guards = server.scene, guards
        self.model = ArmModel(guards.spec)
        self.reach = float(guards.arm.lever(len(guards.arm.bodies) - 1).max())
        furnish(server, self.model, self.reach)
        self._arm = ArmDrawing(server, guards.arm)
        self.failed = self._arm.failed
        self.layers: dict[str, list[viser.SceneNodeHandle]] = {**self._arm.layers}
        for name in (PAIRS, WORKSPACE, SCENE):
            self.layers[name] = [self._scene.add_frame(f"/{name}", False)]
        self._connections = [_Connection(self._scene, k) for k in range(LINES)]
        self._around: list[viser.SceneNodeHandle] = []
        self._boxes()
        self.surround(guards.solids)

    def show(self, q: Array, opening: float = 0.0) -> list[Margin]:
        """Draw the arm at ``q`` (n,) with its gripper at an opening; return its margins."""
        margins, nearest = look(self.guards, q, LINES)
        self._arm.pose(q, opening)
        self._arm.whole.visible = True
        for number, connection in enumerate(self._connections):
            connection.show(nearest[number] if number < len(nearest) else None)
        return margins

    def hide(self) -> None:
        """Draw no arm, where nobody knows where it is."""
        self._arm.whole.visible = False
        for connection in self._connections:
            connection.show(None)

    def surround(self, solids: Sequence[Solid]) -> None:
        """Draw what stands around the arm in place of what did, and the zones it keeps out of."""
        for before in self._around:
            before.remove()
        zones = self.guards.spec.safety.keep_out
        drawn = [*((solid, GREY) for solid in solids), *((zone, RED) for zone in zones)]
        self._around = [self._solid(k, told, colour) for k, (told, colour) in enumerate(drawn)]

    def _solid(self, number: int, told: Solid, colour: Colour) -> viser.SceneNodeHandle:
        mesh = shapes.solid(told)
        return self._scene.add_mesh_simple(
            f"/{SCENE}/{number} {told.name}",
            mesh.vertices,
            mesh.faces,
            color=colour,
            opacity=0.25 if colour is RED else 0.6,
            flat_shading=True,
            side="double",
        )

    def _boxes(self) -> None:
        spec = self.guards.spec
        self._box("goals", spec.workspace_lower, spec.workspace_upper, GREY)
        kept = spec.safety.workspace
        if kept is not None:
            self._box("kept", np.array(kept.lower), np.array(kept.upper), AMBER)

    def _box(self, name: str, lower: Array, upper: Array, colour: Colour) -> None:
        edges = shapes.edges(lower, upper)
        where = f"/{WORKSPACE}/{name}"
        self._scene.add_line_segments(
            where, edges, colour, thickness=THIN, thickness_units="screen"
        )
        self._scene.add_box(
            f"{where}/inside",
            colour,
            upper - lower,
            position=(lower + upper) / 2,
            opacity=0.06,
            cast_shadow=False,
            receive_shadow=False,
        )


class _Connection:
    """A line between two bodies with its length, coloured by what is left to the margin."""

    def __init__(self, scene: viser.SceneApi, number: int) -> None:
        where = f"/{PAIRS}/{number}"
        self.line = scene.add_line_segments(
            where, np.zeros((1, 2, 3)), GREY, thickness=2 * THIN, thickness_units="screen"
        )
        # Neighbours' words go to different sides of what may be almost one place.
        side = SIDES[number % len(SIDES)]
        self.label = scene.add_label(f"{where}/mm", "", anchor=side, font_screen_scale=0.9)

    def show(self, nearest: Nearest | None) -> None:
        """Draw a pair, or nothing."""
        self.line.visible = nearest is not None
        if nearest is None:
            return
        colour = by_room(nearest.room)
        self.line.points = nearest.ends[None].astype(np.float32)
        self.line.colors = np.tile(np.array(colour, dtype=np.uint8), (1, 2, 1))
        self.label.position = nearest.ends.mean(axis=0)
        self.label.text = f"{nearest.distance * 1e3:.0f} mm"
