"""The page of a robot: its joints as sliders, and all that the filter would say."""

from collections.abc import Callable
from queue import SimpleQueue

import numpy as np
import viser
from numpy.typing import NDArray

from robot_learning.robot import RobotSpec
from robot_learning.safety.guards import Guards
from robot_learning.viewing import panels
from robot_learning.viewing.clouds import tips
from robot_learning.viewing.colours import GREEN, RED
from robot_learning.viewing.drawing import MESHES
from robot_learning.viewing.margins import breaks
from robot_learning.viewing.stage import PAIRS, SCENE, WORKSPACE, Stage

Array = NDArray[np.float64]
FAR, NEAR = "tips, far half", "tips, near half"
COUNT = 8000  # tips
STEP = 1e-3  # rad or m, of the sliders
DRAWS = 1000


class RobotPage:
    """Sliders that move an arm, and what follows from where it is.

    Args:
        server: of the page.
        spec: the robot.

    Attributes:
        sliders: of the joints, in their order.
        stage: what is drawn.
    """

    def __init__(self, server: viser.ViserServer, spec: RobotSpec) -> None:
        self.spec, self.stage = spec, Stage(server, Guards(spec))
        # viser calls back in threads; all is done in the one that runs the page.
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        gui = server.gui
        self._status = gui.add_html("")
        with gui.add_folder("Joints"):
            self.sliders = [self._slider(gui, k) for k in range(spec.n)]
            self._gripper = self._opening(gui) if spec.gripper else None
            home, free = gui.add_button("Home"), gui.add_button("Somewhere free")
            home.on_click(lambda _: self._asked.put(lambda: self.go(spec.home)))
            free.on_click(lambda _: self._asked.put(lambda: self.go(self._free())))
        with gui.add_folder("Margins"):
            self._table = gui.add_html("")
            gui.add_html(panels.legend())
        with gui.add_folder("Layers"):
            self._cloud(server)
            panels.switches(gui, self.stage.layers, (MESHES, PAIRS, WORKSPACE, SCENE, FAR))
            gui.add_html(panels.scale(self._best, spec.safety.singularity.stop))
        self.draw()

    @property
    def q(self) -> Array:
        """Where the sliders are (n,), rad or m."""
        return np.array([slider.value for slider in self.sliders])

    def run(self) -> None:
        """Follow the sliders until Ctrl-C."""
        while True:
            self._asked.get()()
            if self._asked.empty():
                self.draw()

    def go(self, q: Array) -> None:
        """Move the sliders to ``q`` (n,), rad or m."""
        for slider, position in zip(self.sliders, q.tolist(), strict=True):
            panels.move(slider, position)

    def draw(self) -> None:
        """Draw the arm where the sliders are."""
        opening = 0.0 if self._gripper is None else self._gripper.value
        margins = self.stage.show(self.q, opening)
        broken = breaks(margins)
        words = ", ".join(cause.value.replace("_", " ") for cause in broken)
        self._status.content = (
            panels.headline("The filter keeps the arm from here", RED, words)
            if broken
            else panels.headline("Free", GREEN, "inside all margins, at rest")
        )
        self._table.content = panels.margin_table(margins)

    def _slider(self, gui: viser.GuiApi, k: int) -> viser.GuiSliderHandle[float]:
        spec = self.spec
        lower, upper = float(spec.lower[k]), float(spec.upper[k])
        unit = "m" if self.stage.guards.arm.screws[k, 6] else "rad"
        hint = (
            f"{lower:.3f} to {upper:.3f} {unit}; commands keep to {spec.soft_lower[k]:.3f} to "
            f"{spec.soft_upper[k]:.3f}; {spec.velocity[k]:.2f} {unit}/s"
        )
        home = float(spec.home[k])
        slider = gui.add_slider(spec.joints[k], lower, upper, STEP, home, hint=hint)
        slider.on_update(self._changed)
        return slider

    def _opening(self, gui: viser.GuiApi) -> viser.GuiSliderHandle[float]:
        slider = gui.add_slider("gripper", 0.0, 1.0, 0.01, 1.0, hint="0 closed, 1 open")
        slider.on_update(self._changed)
        return slider

    def _changed(self, _: object) -> None:
        self._asked.put(lambda: None)

    def _free(self) -> Array:
        """Return a random free configuration, home where none is found."""
        spec, rng = self.spec, np.random.default_rng()
        for _ in range(DRAWS):
            q = rng.uniform(spec.soft_lower, spec.soft_upper)
            if self.stage.guards.is_free(q):
                return q
        return spec.home

    def _cloud(self, server: viser.ViserServer) -> None:
        found = tips(self.stage.guards, COUNT)
        self._best = found.best
        behind = found.points[:, 1] > 0
        for name, half in ((FAR, behind), (NEAR, ~behind)):
            cloud = server.scene.add_point_cloud(
                f"/{name}",
                found.points[half].astype(np.float32),
                found.colours[half],
                point_size=0.005 * self.stage.reach,
                point_shape="circle",
                point_shading="flat",
            )
            self.stage.layers[name] = [cloud]
