"""The page of a bundle: episodes of its policy in simulation, to play and to scrub."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any

import numpy as np
import viser

from robot_learning.envs import ArmEnv
from robot_learning.policy import PolicyRunner
from robot_learning.safety.guards import Guards
from robot_learning.viewing import panels
from robot_learning.viewing.colours import by_status
from robot_learning.viewing.drawing import MESHES
from robot_learning.viewing.episode import Frame, record
from robot_learning.viewing.objects import TaskDrawing
from robot_learning.viewing.stage import SCENE, THIN, WORKSPACE, Stage
from robot_learning.viewing.timeline import Timeline

SPEEDS = ("0.25", "0.5", "1", "2")
PATH = "way of the tip"


class BundlePage:
    """Plays episodes of a policy.

    Args:
        server: of the page.
        env: what it acts in.
        runner: of the policy.
        seed: of the first episode.

    Attributes:
        frames: of the episode.
        scrub: slider of the frame that is shown.
    """

    def __init__(
        self, server: viser.ViserServer, env: ArmEnv, runner: PolicyRunner, seed: int = 0
    ) -> None:
        self._env, self._runner, self._scene = env, runner, server.scene
        self.stage = Stage(server, env.filter.guards or Guards(env.robot))
        self._task = TaskDrawing(server.scene, env.task)
        self.stage.layers[PATH] = [server.scene.add_frame(f"/{PATH}", False)]
        # viser calls back in threads; all is done in the one that runs the page.
        self._asked: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._playing = True
        gui = server.gui
        self._status = gui.add_html("")
        with gui.add_folder("Episode"):
            self._controls(gui, seed)
        with gui.add_folder("Margins"):
            self._table = gui.add_html("")
            gui.add_html(panels.legend())
        with gui.add_folder("Layers"):
            panels.switches(gui, self.stage.layers, (MESHES, WORKSPACE, SCENE, PATH))
        self.load(seed)

    def run(self) -> None:
        """Play, and follow the controls, until Ctrl-C."""
        while True:
            period = self._env.robot.policy_period / float(self._speed.value)
            try:
                self._asked.get(timeout=period if self._playing else None)()
            except Empty:
                panels.move(self.scrub, (self.scrub.value + 1) % len(self.frames))
            if self._asked.empty():
                self.draw()

    def load(self, seed: int) -> None:
        """Simulate the episode of a seed and show its start."""
        self.frames = record(self._env, self._runner, seed)
        self._timeline = Timeline(self.frames, self._env.task.tolerance)
        self._draw_path()
        panels.move(self.scrub, 0)
        self.draw()

    def draw(self) -> None:
        """Draw the frame that the slider is at."""
        number = self.scrub.value
        frame, end = self.frames[number], self.frames[-1]
        margins = self.stage.show(frame.q, frame.opening)
        self._task.show(frame.inputs, frame.bodies)
        self._table.content = panels.margin_table(margins)
        self._curve.content = self._timeline.at(number)
        causes = ", ".join(cause.value.replace("_", " ") for cause in frame.causes)
        outcome = "succeeds" if end.success else "fails"
        self._status.content = panels.headline(
            f"{frame.status.name}{': ' if causes else ''}{causes}",
            by_status(frame.status),
            f"{frame.time:.2f} s of {end.time:.2f} s, {frame.distance * 1e3:.0f} mm from the "
            f"goal; the episode {outcome}, at {end.distance * 1e3:.0f} mm",
        )

    def _controls(self, gui: viser.GuiApi, seed: int) -> None:
        self._curve = gui.add_html("")
        self.scrub = gui.add_slider("step", 0, self._env.task.steps, 1, 0)
        self.scrub.on_update(self._scrubbed)
        play = gui.add_button("Play / pause")
        play.on_click(lambda _: self._asked.put(lambda: self._play(not self._playing)))
        self._speed = gui.add_dropdown("speed", SPEEDS, initial_value="1")
        self._speed.on_update(lambda _: self._asked.put(lambda: None))
        self.seed = gui.add_number("seed", seed, min=0, step=1, hint="of the episode")
        self.seed.on_update(lambda _: self._asked.put(lambda: self.load(int(self.seed.value))))

    def _scrubbed(self, event: viser.GuiEvent[Any]) -> None:
        if event.client_id is not None:  # by a browser, not by playing
            self._asked.put(lambda: self._play(False))

    def _play(self, on: bool) -> None:
        self._playing = on

    def _draw_path(self) -> None:
        tips = np.array([self._env.model.forward(frame.q)[:3, 3] for frame in self.frames])
        pieces = np.stack([tips[:-1], tips[1:]], axis=1).astype(np.float32)
        colours = np.array([_twice(frame) for frame in self.frames[1:]], dtype=np.uint8)
        self._scene.add_line_segments(
            f"/{PATH}/line", pieces, colours, thickness=2 * THIN, thickness_units="screen"
        )


def _twice(frame: Frame) -> list[tuple[int, int, int]]:
    return [by_status(frame.status)] * 2
