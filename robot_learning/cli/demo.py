"""``robot-learning demo``."""

import importlib.util
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from robot_learning.base.errors import ConfigError, RobotLearningError
from robot_learning.base.interrupts import loading

if TYPE_CHECKING:
    from robot_learning.cli.bars import Bars
    from robot_learning.monitoring.session import Session
    from robot_learning.policy import PolicyBundle

FILM_SECONDS = 10.0
# Shorter than the training by itself: on 200 episodes all succeed, with 2.6 mm left on average.
TRAINING = ("eval_episodes=10", "params.batch_size=256", "params.gradient_steps=2", "processes=2")


def demo(
    task: Annotated[str, typer.Option(help="Task, or a YAML file of one.")] = "reach",
    robot: Annotated[str, typer.Option(help="Robot name or YAML file.")] = "panda",
    goals: Annotated[int, typer.Option(min=1, help="Goals to send over ROS 2.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Seed of everything random.")] = 0,
    train: Annotated[
        bool | None,
        typer.Option(
            help="Train first, or take the shipped policy; left out: train Reach, and what "
            "no policy is shipped for."
        ),
    ] = None,
    name: Annotated[
        str, typer.Option(help="Name of the run; an older one is replaced. Empty: demo-TASK.")
    ] = "",
    runs: Annotated[Path, typer.Option(help="Folder of all runs.")] = Path("runs"),
) -> None:
    """Train a task or take its shipped policy, deploy it over ROS 2, and report on it.

    Exit code 1 where fewer than 90 % of the goals were reached.
    """
    from rich.console import Console

    if importlib.util.find_spec("rclpy") is None:
        raise ConfigError("no rclpy: source ROS 2, or `pip install 'robot_learning[ros]'`")
    stem = Path(task).stem
    folder = runs / (name or ("demo" if task == "reach" else f"demo-{stem}"))
    shipped = _source(train, task, robot)
    with Console().status("Loading PyTorch and Stable-Baselines3 ..."), loading():
        import robot_learning.training.train  # noqa: F401
        from robot_learning.cli.bars import Bars
        from robot_learning.cli.tables import print_table
        from robot_learning.training.run import cleared
    if not shipped:
        bundle = _trained(folder, robot, task, seed)
    else:
        bundle = _shipped(shipped)
        cleared(folder)
        folder.mkdir(parents=True)
    with Bars() as bars:
        session, files = deploy(folder, bundle, robot, goals, seed, bars)
    print_table(f"{goals} goals over ROS 2", session_rows(session))
    for file in files:
        Console().print(f"{file}", soft_wrap=True)
    if session.shortfall:
        raise RobotLearningError(session.shortfall)


def _source(train: bool | None, task: str, robot: str) -> str:
    """Return the name of the shipped policy that is shown, or nothing where one is trained."""
    from robot_learning.base.paths import shipped_policy

    name = shipped_policy(robot, task)
    if train is False and not name:
        raise ConfigError(f"--no-train: no policy is shipped for task '{task}' on '{robot}'")
    trains = task == "reach" if train is None else train
    return "" if trains else name


def _shipped(name: str) -> "PolicyBundle":
    from robot_learning.base.paths import find_bundle
    from robot_learning.policy import PolicyBundle

    return PolicyBundle.load(find_bundle(name))


def _trained(folder: Path, robot: str, task: str, seed: int) -> "PolicyBundle":
    from robot_learning.cli.train import with_bars
    from robot_learning.training.resolve import make_run
    from robot_learning.training.run import cleared

    changes = list(TRAINING) if task == "reach" else []
    run = make_run(robot, task, "dagger", changes, seed, folder.name)
    cleared(folder)
    return with_bars(folder, run)


def deploy(
    folder: Path, bundle: "PolicyBundle", robot: str, goals: int, seed: int, bars: "Bars"
) -> "tuple[Session, list[Path]]":
    """Run a bundle over ROS 2; return the record and the report, plots and film made of it."""
    from robot_learning.cli.film import film
    from robot_learning.cli.session import run_session
    from robot_learning.evaluation.rollout import Evaluation
    from robot_learning.monitoring.plots import write_plots
    from robot_learning.monitoring.report import training_rows, write_report
    from robot_learning.monitoring.session import Session
    from robot_learning.robot import RobotSpec
    from robot_learning.training.run import read_curve

    record = folder / "session.json"
    bars.show("goals", 0, goals)
    run_session(bundle.path, robot, goals, seed, record, lambda n: bars.show("goals", n, goals))
    session = Session.load(record)
    video = folder / f"{bundle.task}.mp4"
    film(
        session,
        RobotSpec.load(robot),
        video,
        FILM_SECONDS,
        lambda n, total: bars.show("film", n, total),
    )
    curve = read_curve(folder)
    plots = write_plots(folder / "plots", curve, session)
    report = folder / "report.html"
    write_report(
        report,
        title=f"{session.robot}: {bundle.task}",
        subtitle=f"bundle {bundle.name}, sha256 {bundle.hash}",
        rows=[
            *training_rows(bundle),
            *Evaluation(**bundle.evaluation).rows(),
            *session_rows(session),
        ],
        plots=plots,
        video=video,
    )
    return session, [report, video, *plots.values()]


def session_rows(session: "Session") -> list[tuple[str, str]]:
    """Return a session as rows of a table."""
    import numpy as np

    distances = [goal["distance"] * 1e3 for goal in session.goals]
    seconds = [goal["seconds"] for goal in session.goals if goal["reached"]]
    changed = Counter(session.causes).most_common()
    causes = ", ".join(f"{cause} {count}" for cause, count in changed) or "none"
    broken = ", ".join(f"{what} {count}" for what, count in session.violations.items()) or "none"
    p50, p99 = session.latency(50) * 1e3, session.latency(99) * 1e3
    return [
        ("goals reached over ROS 2", f"{session.reached} of {len(session.goals)}"),
        (
            "final distance",
            f"median {np.median(distances):.1f} mm, largest {max(distances):.1f} mm",
        ),
        ("time to the goal", f"median {np.median(seconds):.2f} s" if seconds else "-"),
        ("commands filtered", f"{causes} (of {session.control_ticks} control ticks)"),
        ("limits exceeded", broken),
        ("fastest joint", f"{session.top_speed():.0%} of its speed limit"),
        ("tick latency", f"p50 {p50:.2f} ms, p99 {p99:.2f} ms"),
    ]
