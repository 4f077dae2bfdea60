"""``robot-learning data``: datasets of demonstrations."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.cli.options import PLAIN, Robot

if TYPE_CHECKING:
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations import Episode as Demonstration
    from robot_learning.demonstrations.dataset import Manifest
    from robot_learning.demonstrations.lerobot_import import Meaning
    from robot_learning.envs import ArmEnv

app = typer.Typer(help="Look at datasets, replay and convert them.", no_args_is_help=True, **PLAIN)
Folder = Annotated[Path, typer.Argument(help="Folder of a dataset.")]
Episode = Annotated[int | None, typer.Option(min=0, help="Number of an episode; all of them.")]


@app.command()
def info(folder: Folder) -> None:
    """Print what a dataset holds."""
    from robot_learning.cli.tables import print_table
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations.summary import rows

    dataset = Dataset.open(folder)
    print_table(str(folder), rows(dataset))


@app.command()
def replay(
    folder: Folder,
    episode: Episode = None,
    robot: Robot = "",
    world: Annotated[str, typer.Option(help="bullet or mujoco.")] = "bullet",
) -> None:
    """Do the recorded actions again in simulation, and compare."""
    from robot_learning.base.errors import ConfigError
    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations.replay import replay

    if world == "ros":
        raise ConfigError("data replay: world 'ros' can't be put back exactly; bullet or mujoco")
    dataset = Dataset.open(folder)
    env = _env(dataset, robot, world)
    numbers = dataset.numbers() if episode is None else [episode]
    found = []
    try:
        with Bars() as bars:
            for done, number in enumerate(numbers):
                kept = dataset.episode(number)
                found.append((number, kept.about.success, replay(env, kept)))
                bars.show("replay", done + 1, len(numbers))
    finally:
        env.close()
    other = [str(number) for number, before, now in found if before != now.success]
    rows = [
        ("world", world),
        ("success when recorded", f"{sum(before for _, before, _ in found)} of {len(found)}"),
        ("success now", f"{sum(now.success for _, _, now in found)} of {len(found)}"),
        ("came out differently", f"episode {', '.join(other)}" if other else "none"),
        ("joints off by at most", f"{max(now.joints for *_, now in found):.3g} rad or m"),
        ("objects off by at most", f"{max(now.objects for *_, now in found) * 1e3:.3g} mm"),
    ]
    print_table(f"{folder}: replayed", rows)


@app.command()
def show(
    folder: Folder,
    episode: Annotated[int, typer.Option(min=0, help="Number of the episode.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="HTML file to write; episode_N.html in the folder.")
    ] = None,
    robot: Robot = "",
) -> None:
    """Write a page that shows an episode: a film and plots."""
    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.cli.show import write_page
    from robot_learning.demonstrations import Dataset

    dataset = Dataset.open(folder)
    dataset.episode(episode)
    env = _env(dataset, robot, "bullet")
    file = out or folder / f"episode_{episode}.html"
    try:
        with Bars() as bars:
            write_page(file, dataset, episode, env, lambda *done: bars.show("show", *done))
    finally:
        env.close()
    Console().print(f"page: {file}", soft_wrap=True)


def _env(dataset: "Dataset", robot: str, world: str, render_mode: str | None = None) -> "ArmEnv":
    """Return the environment that a dataset was recorded in, or another world.

    Raises:
        DatasetError: where the robot is not the one it was recorded with.
    """
    from robot_learning.base.settings import check
    from robot_learning.demonstrations.dataset import MANIFEST
    from robot_learning.envs import ArmEnv
    from robot_learning.robot import RobotSpec
    from robot_learning.tasks import TaskSettings

    manifest = dataset.manifest
    spec = RobotSpec.load(robot or manifest.robot["name"])
    dataset.check(spec, manifest.task, dataset.interface)
    task = check(TaskSettings, manifest.task, f"{dataset.folder / MANIFEST}: task")
    return ArmEnv(
        spec.path, task, interface=dataset.interface, world=world, render_mode=render_mode
    )


@app.command()
def export(
    folder: Folder,
    out: Annotated[Path, typer.Argument(help="Folder to write; it must not exist yet.")],
) -> None:
    """Write a dataset as a LeRobot dataset, version 3.0."""
    from rich.console import Console

    from robot_learning.cli.bars import Bars
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations.lerobot import export

    with Bars() as bars:
        frames = export(Dataset.open(folder), out, lambda *done: bars.show("export", *done))
    Console().print(f"LeRobot dataset: {out}, {frames} frames", soft_wrap=True)


@app.command("import")
def import_(
    source: Annotated[
        Path, typer.Argument(help="Folder of a LeRobot dataset, version 3.0, or of a bag.")
    ],
    out: Annotated[Path, typer.Argument(help="Folder; a dataset that fits is added to.")],
    robot: Annotated[
        str, typer.Option(help="Robot of a dataset that 'data export' did not write.")
    ] = "",
    task: Annotated[str, typer.Option(help="Task of such a dataset.")] = "",
    bundle: Annotated[
        str, typer.Option(help="The policy that was at work, for the bag of a session.")
    ] = "",
) -> None:
    """Add the episodes of a LeRobot dataset or of a bag to a dataset."""
    from robot_learning.base.folders import owned
    from robot_learning.cli.bars import Bars
    from robot_learning.cli.tables import print_table
    from robot_learning.demonstrations import Dataset
    from robot_learning.demonstrations.dataset import refuse_foreign
    from robot_learning.demonstrations.lerobot_import import read
    from robot_learning.demonstrations.summary import rows

    if bundle or (source / "metadata.yaml").exists():
        manifest, episodes = _of_a_bag(source, bundle, robot)
    else:
        manifest, episodes = read(source, _meaning(robot, task) if robot and task else None)
    refuse_foreign(out)
    with owned(out):
        dataset = Dataset.begin(out, manifest, str(source))
        with Bars() as bars:
            for done, episode in enumerate(episodes):
                dataset.add(episode)
                bars.show("import", done + 1, len(episodes))
    print_table(str(out), rows(dataset))


def _meaning(robot: str, task: str) -> "Meaning":
    """Return what a dataset of others is taken to be of."""
    from robot_learning.demonstrations.dataset import Manifest
    from robot_learning.demonstrations.lerobot_import import Meaning
    from robot_learning.envs import ArmEnv
    from robot_learning.tasks.settings import resolved

    env = ArmEnv(robot, task)
    manifest = Manifest.of(env.robot, resolved(env.task_settings, env.task), env.interface)
    env.close()
    return Meaning(env.model, manifest, env.interface)


def _of_a_bag(path: Path, name: str, robot: str) -> "tuple[Manifest, list[Demonstration]]":
    """Return what the bag of a session is of, and its episodes."""
    from robot_learning.base.errors import ConfigError
    from robot_learning.cli.options import load_bundle
    from robot_learning.demonstrations import bag
    from robot_learning.demonstrations.bag_episodes import Cut, episodes
    from robot_learning.demonstrations.dataset import Manifest
    from robot_learning.kinematics import ArmModel
    from robot_learning.tasks import TASKS, TaskSettings, make_task
    from robot_learning.tasks.settings import resolved

    if not name:
        raise ConfigError(f"{path}: a bag; say which policy was at work: --bundle")
    bundle, spec = load_bundle(Path(name), robot)
    bundle.check_robot(spec)
    settings, model = TaskSettings(**bundle.task_settings), ArmModel(spec)
    told = resolved(settings, make_task(settings, model))
    manifest = Manifest.of(spec, told, bundle.interface)
    cut = Cut(bundle.interface, model, TASKS[settings.task].goal_moves)
    return manifest, list(episodes(bag.read(path, bundle, spec), cut))
