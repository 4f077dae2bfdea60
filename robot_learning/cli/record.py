"""``robot-learning record``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError
from robot_learning.cli.options import Robot, Yes

if TYPE_CHECKING:
    from robot_learning.cli.acting import Stage
    from robot_learning.demonstrations import Dataset


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
        str,
        typer.Option(help="Who acts: expert, teleop, or a bundle's folder or name."),
    ] = "expert",
    corrections: Annotated[
        bool, typer.Option("--corrections", help="Let a human correct a bundle's policy.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the first episode; the next free one.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option(min=1, help="Policy periods an episode may take; a human's: a minute."),
    ] = None,
    failures: Annotated[
        bool, typer.Option("--failures", help="Keep what fails; a human's is kept always.")
    ] = False,
    world: Annotated[
        str | None, typer.Option(help="bullet, mujoco, or ros; a human moves an arm on ros.")
    ] = None,
    namespace: Annotated[str, typer.Option(help="Of the arm's topics, on ros.")] = "",
    reset_service: Annotated[
        str, typer.Option(help="std_srvs/Trigger that puts the objects back, on ros.")
    ] = "",
    ros_args: Annotated[
        str, typer.Option(help="On ros: remappings, parameters; '-r a:=b -p key:=value'.")
    ] = "",
    yes: Yes = False,
    skip_ladder: Annotated[
        bool,
        typer.Option("--skip-ladder", help="Let a policy move it before its ladder is climbed."),
    ] = False,
    axes: Annotated[
        str, typer.Option(help="Joystick: numbers of the axes for x, y and z.")
    ] = "1,0,4",
    buttons: Annotated[
        str, typer.Option(help="Joystick: of the buttons for the gripper and for the end.")
    ] = "0,1",
    speed: Annotated[
        float, typer.Option(min=0.001, help="Of the tip, by joystick and keys, m/s.")
    ] = 0.15,
) -> None:
    """Record episodes of a task into a dataset."""
    from robot_learning.base.folders import owned
    from robot_learning.cli.acting import Asked, Human, Topics, stage
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations.dataset import refuse_foreign
    from robot_learning.tasks.settings import resolved

    human = source == "teleop" or corrections
    _refuse(source, task, corrections, world, human, bool(namespace or reset_service or ros_args))
    asked = Asked(source, task, robot, world or ("ros" if human else "bullet"), steps, episodes)
    topics = Topics(namespace, reset_service, ros_args, yes, skip_ladder)
    hand = Human(_numbers(axes, 3, "--axes"), _numbers(buttons, 2, "--buttons"), speed)
    with stage(asked, topics, hand if human else None) as made:
        env = made.env
        folder = out or Path("runs") / f"demos-{env.task.name}-{env.robot.name}"
        refuse_foreign(folder)
        with owned(folder):
            told = resolved(env.task_settings, env.task)
            dataset = Dataset.make(folder, env.robot, told, env.interface)
            first = dataset.next_seed() if seed is None else seed
            _collect(dataset, made, episodes, first, failures or human)


def _refuse(
    source: str,
    task: str | None,
    corrections: bool,
    world: str | None,
    human: bool,
    on_topics: bool,
) -> None:
    """Refuse options that do not go together."""
    if source not in ("expert", "teleop") and task is not None:
        raise ConfigError(f"--task {task}: goes with expert and teleop; a bundle has its own")
    if corrections and source in ("expert", "teleop"):
        raise ConfigError("--corrections: needs a policy to correct; give --source BUNDLE")
    if human and world not in (None, "ros"):
        raise ConfigError(f"--world {world}: a human moves an arm on ros; start a sim_node")
    if on_topics and not (human or world == "ros"):
        raise ConfigError("--namespace, --reset-service, --ros-args: need --world ros")


def _numbers(text: str, count: int, option: str) -> list[int]:
    try:
        found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) != count or min(found, default=-1) < 0:
        raise ConfigError(f"{option} {text}: expected {count} numbers with commas between")
    return found


def _collect(dataset: "Dataset", made: "Stage", episodes: int, seed: int, failures: bool) -> None:
    """Record with a bar; print what there is, after Ctrl-C as well."""
    from robot_learning.base.interrupts import unwinding
    from robot_learning.cli.tables import print_table
    from robot_learning.demonstrations.collect import Tally, collect
    from robot_learning.demonstrations.record import Recorder
    from robot_learning.demonstrations.summary import rows

    tally = Tally()

    def told(tally: Tally) -> None:
        note = f"{tally.succeeded} of {tally.tried} succeeded"
        made.bars.show("record", tally.kept, episodes, note)

    try:
        with made.bars, unwinding():
            told(tally)
            collect(
                dataset,
                Recorder(made.env, made.world),
                made.actor,
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
        print_table(title, [*rows(dataset), *made.rows()])
