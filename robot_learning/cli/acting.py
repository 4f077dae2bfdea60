"""Who acts where, for ``record``: an environment, an actor, and what they need meanwhile."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from robot_learning.base.errors import ConfigError
from robot_learning.cli.bars import Bars
from robot_learning.cli.on_topics import announce, on_topics, refuse_low
from robot_learning.cli.options import load_bundle
from robot_learning.demonstrations.collect import Actor
from robot_learning.demonstrations.record import Choice
from robot_learning.demonstrations.teleoperation import Corrected, Teleoperator
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import runner_action
from robot_learning.experts.expert import SCRIPTS, expert_action
from robot_learning.policy import Interface, PolicyBundle, PolicyRunner
from robot_learning.robot import RobotSpec
from robot_learning.tasks import TaskSettings, load_task
from robot_learning.worlds.world import World

if TYPE_CHECKING:
    from robot_learning.cli.teleop import Devices
    from robot_learning.worlds.ros import RosWorld

MINUTE = 60.0  # s that a human's episode may take
PATIENCE = 10.0  # s for a human's device to be there


@dataclass(frozen=True)
class Asked:
    """What is to be recorded; see the options of ``record``."""

    source: str
    task: str | None
    robot: str
    world: str
    steps: int | None
    episodes: int


@dataclass(frozen=True)
class Topics:
    """Where the arm is on the graph."""

    namespace: str
    reset_service: str
    ros_args: str
    yes: bool
    skip_ladder: bool


@dataclass(frozen=True)
class Human:
    """How a joystick's axes and buttons are read."""

    axes: list[int]
    buttons: list[int]
    speed: float


@dataclass
class Stage:
    """Where to record, and who acts.

    Attributes:
        env: where.
        actor: who.
        world: its name.
        bars: to show.
        ros: the world, where it is on topics.
    """

    env: ArmEnv
    actor: Actor
    world: str
    bars: Bars
    ros: "RosWorld | None" = None

    def rows(self) -> list[tuple[str, str]]:
        """Return how well the world kept time as rows of a table."""
        return [] if self.ros is None else [("", ""), *self.ros.rows()]


@dataclass
class Scripted:
    """An actor that decides by itself."""

    source: str
    choose: Callable[[Any], Any]
    human: bool = False

    def reset(self, env: Any) -> None:
        """Nothing to forget: a policy begins anew with its environment."""

    def act(self, env: Any) -> Choice:
        """Return its action."""
        return Choice(self.choose(env), self.source)


@contextmanager
def stage(asked: Asked, topics: Topics, human: Human | None) -> Iterator[Stage]:
    """Give what was asked for; end it after."""
    bundle, spec = None, None
    if asked.source in ("expert", "teleop"):
        settings, spec = load_task(asked.task or "reach"), RobotSpec.load(asked.robot or "panda")
        if asked.source == "expert" and settings.task not in SCRIPTS:
            raise ConfigError(
                f"task '{settings.task}': no script solves it; --source teleop, or a bundle"
            )
    else:
        bundle, spec = load_bundle(Path(asked.source), asked.robot)
        settings = TaskSettings(**bundle.task_settings)
    steps = asked.steps or (round(MINUTE / spec.policy_period) if human else None)
    if steps is not None:
        settings = settings.model_copy(update={"steps": steps})
    with ExitStack() as stack:
        world: str | World = asked.world
        ros = None
        if asked.world == "ros":
            world = ros = stack.enter_context(_topics(settings, spec, topics, bundle))
            if bundle is not None:
                refuse_low(ros, bundle, spec, topics.skip_ladder)
            announce(ros, f"{asked.episodes} episodes of {settings.task}", topics.yes)
        interface: Interface | None = None if bundle is None else bundle.interface
        env = ArmEnv(spec.path, settings, interface=interface, world=world)
        stack.callback(env.close)
        bars = Bars()
        device = None
        if human is not None and ros is not None:
            device = stack.enter_context(_device(ros, spec, human, bars))
        yield Stage(env, _actor(bundle, spec, device), asked.world, bars, ros)


def _topics(
    settings: TaskSettings, spec: RobotSpec, topics: Topics, bundle: PolicyBundle | None
) -> Any:
    trusted = math.inf if bundle is None else bundle.object_deviation
    where = topics.namespace, topics.reset_service, topics.ros_args
    return on_topics(settings, spec, *where, trusted)


def _device(ros: "RosWorld", spec: RobotSpec, human: Human, bars: Bars) -> Any:
    from robot_learning.cli.keyboard import HELP
    from robot_learning.cli.teleop import devices

    keyboard = sys.stdin.isatty()
    if keyboard:
        bars.console.print(HELP, markup=False, highlight=False)
    return devices(
        ros,
        spec,
        keyboard=keyboard,
        axes=human.axes,
        buttons=human.buttons,
        speed=human.speed,
        patience=PATIENCE,
        tell=lambda line: bars.console.print(line, markup=False, highlight=False),
    )


def _actor(bundle: PolicyBundle | None, spec: RobotSpec, device: "Devices | None") -> Actor:
    if bundle is None:
        return Scripted("expert", expert_action) if device is None else Teleoperator(device)
    runner = PolicyRunner(bundle, spec)

    def decide(env: Any) -> Any:
        return runner_action(runner, env)

    def follow(env: Any, action: Any) -> None:
        if env.steps_taken == 0:
            runner.reset()
        runner.follow(action, env.state, env.inputs)

    return Scripted("policy", decide) if device is None else Corrected(device, decide, follow)
