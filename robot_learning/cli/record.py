"""``robot-learning record``."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.cli.options import Robot, World

if TYPE_CHECKING:
    from collections.abc import Callable

    from robot_learning.demonstrations.collect import Actor
    from robot_learning.demonstrations.record import Choice
    from robot_learning.envs import ArmEnv


def record(
    task: Annotated[
        str | None, typer.Option(help="Name of a task, or a YAML file; a bundle has its own.")
    ] = None,
    robot: Robot = "",
    episodes: Annotated[int, typer.Option(min=1, help="Episodes to keep.")] = 50,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder; one that fits is added to. runs/demos-TASK-ROBOT."),
    ] = None,
    source: Annotated[
        str, typer.Option(help="Who acts: expert, or a bundle's folder or name.")
    ] = "expert",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the first episode; the next free one.")
    ] = None,
    failures: Annotated[
        bool, typer.Option("--failures", help="Keep episodes that fail as well.")
    ] = False,
    world: World = "bullet",
) -> None:
    """Record episodes of a task into a dataset."""
    from robot_learning.base.folders import owned
    from robot_learning.demonstrations import Dataset
    from robot_learning.tasks.settings import resolved

    env, actor = _stage(source, task, robot, world)
    folder = out or Path("runs") / f"demos-{env.task.name}-{env.robot.name}"
    try:
        with owned(folder):
            told = resolved(env.task_settings, env.task)
            dataset = Dataset.make(folder, env.robot, told, env.interface)
            first = dataset.next_seed() if seed is None else seed
            _collect(dataset, env, actor, world, episodes, first, failures)
    finally:
        env.close()


def _collect(
    dataset: Any,
    env: "ArmEnv",
    actor: "Actor",
    world: str,
    episodes: int,
    seed: int,
    failures: bool,
) -> None:
    """Record with a bar; print what there is, after Ctrl-C as well."""
    from robot_learning.base.interrupts import unwinding
    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.demonstrations.collect import Tally, collect
    from robot_learning.demonstrations.record import Recorder
    from robot_learning.demonstrations.summary import rows

    tally, recorder = Tally(), Recorder(env, world)
    try:
        with Bars() as bars, unwinding():
            bars.show("record", 0, episodes)

            def told(tally: Tally) -> None:
                note = f"{tally.succeeded} of {tally.tried} succeeded"
                bars.show("record", tally.kept, episodes, note)

            collect(
                dataset,
                recorder,
                actor,
                episodes,
                seed,
                failures=failures,
                tally=tally,
                on_episode=told,
            )
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    finally:
        title = (
            f"{dataset.folder}: {tally.kept} more, {tally.succeeded} of {tally.tried} succeeded"
        )
        print_table(title, rows(dataset))


@dataclass
class Scripted:
    """An actor that decides by itself."""

    source: str
    choose: "Callable[[ArmEnv], Any]"
    human: bool = False

    def reset(self) -> None:
        """Nothing to forget: a policy begins anew with its environment."""

    def act(self, env: Any) -> "Choice":
        """Return its action."""
        from robot_learning.demonstrations.record import Choice

        return Choice(self.choose(env), self.source)


def _stage(source: str, task: str | None, robot: str, world: str) -> "tuple[ArmEnv, Actor]":
    """Return the environment and who acts in it."""
    if source == "expert":
        from robot_learning.envs import ArmEnv
        from robot_learning.experts.expert import SCRIPTS, expert_action

        env = ArmEnv(robot or "panda", task or "reach", world=world)
        if env.task.name not in SCRIPTS:
            raise ConfigError(f"task '{env.task.name}': no script solves it; give --source BUNDLE")
        return env, Scripted("expert", expert_action)
    if task is not None:
        raise ConfigError(f"--task {task}: goes with --source expert; a bundle has its own")
    from robot_learning.cli.options import load_bundle
    from robot_learning.evaluation.rollout import env_of, runner_action
    from robot_learning.policy import PolicyRunner

    bundle, spec = load_bundle(Path(source), robot)
    runner = PolicyRunner(bundle, spec)
    env = env_of(bundle, spec, world=world)
    return env, Scripted("policy", lambda env: runner_action(runner, env))
