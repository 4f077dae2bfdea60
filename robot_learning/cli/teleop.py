"""A human's device, as ``record`` uses it: topics, and the keyboard where there is a terminal."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from robot_learning.base.errors import StateError
from robot_learning.cli.keyboard import Keyboard
from robot_learning.demonstrations.teleoperation import PRESSED, Wish
from robot_learning.nodes.teleop import Controls
from robot_learning.robot import RobotSpec
from robot_learning.worlds.ros import RosWorld


@dataclass
class Devices:
    """The controls on the topics and the keys of a terminal; whoever moves has the arm.

    Attributes:
        controls: on the topics.
        keyboard: None without a terminal.
        now: returns the time, s.
        tell: takes a line for the human.
    """

    controls: Controls
    keyboard: Keyboard | None
    now: Callable[[], float]
    tell: Callable[[str], None]

    def begin(self, env: Any) -> None:
        """Forget what was asked for, and tell of the goal."""
        self.controls.begin(env, env.start.opening)
        if self.keyboard is not None:
            self.keyboard.linear()
            self.keyboard.toggled = self.keyboard.end = False
        goal = ", ".join(f"{value:.3f}" for value in env.inputs["goal"].value)
        self.tell(f"goal: {goal} m in {env.robot.base_link}")

    def wish(self) -> Wish | None:
        """Return what is asked for now; None where nobody holds the arm."""
        linear, angular = np.zeros(3), np.zeros(3)
        if self.keyboard is not None:
            linear = self.keyboard.linear()
            if self.keyboard.toggled:
                self.keyboard.toggled = False
                self.controls.toggle()
        fresh = self.controls.fresh()
        if fresh and not linear.any():
            linear, angular = self.controls.linear, self.controls.angular
        if self.keyboard is None and not fresh:
            return None
        pressed = self.now() - self.controls.toggled < PRESSED
        return Wish(linear, angular, self.controls.opening, pressed)

    def silent(self) -> float:
        """Return for how long nobody has held the arm, s; who has the keyboard always does."""
        return 0.0 if self.keyboard is not None else self.controls.silent()

    def problem(self) -> str:
        """Return why nothing comes; empty where something does."""
        return "" if self.keyboard is not None else self.controls.problem()

    def ended(self) -> bool:
        """Say whether the human has ended the episode."""
        by_key = self.keyboard is not None and self.keyboard.end
        return by_key or self.controls.ended()


@contextmanager
def devices(
    world: RosWorld,
    spec: RobotSpec,
    *,
    keyboard: bool,
    axes: list[int],
    buttons: list[int],
    speed: float,
    patience: float,
    tell: Callable[[str], None],
) -> Iterator[Devices]:
    """Give the devices of a human.

    Raises:
        StateError: where none is there within ``patience`` s.
    """
    controls = Controls(world.node, spec, world.time, axes, buttons, speed)
    with ExitStack() as stack:
        keys = stack.enter_context(Keyboard(speed)) if keyboard else None
        made = Devices(controls, keys, world.time.now, tell)
        if why := world.wait_for(made.problem, patience):
            raise StateError(f"{why}; start a joystick's driver, or record at a terminal")
        yield made
