"""A film of a recorded session."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from robot_learning.evaluation.rollout import write_video
from robot_learning.kinematics import ArmModel
from robot_learning.monitoring.session import Session
from robot_learning.robot import RobotSpec
from robot_learning.tasks import TaskSettings, make_task
from robot_learning.worlds.bullet import BulletWorld
from robot_learning.worlds.camera import Camera

FPS = 15
CAMERA = Camera(np.array([0.2, 0.0, 0.35]), 1.6, 480, 352)


def film(
    session: Session,
    spec: RobotSpec,
    file: Path,
    seconds: float,
    on_frame: Callable[[int, int], None],
) -> None:
    """Show the first ``seconds`` of what arm and objects did, with the goals, as an MP4."""
    times = np.array(session.times)
    begin = session.goals[0]["sent"] if session.goals else times[0]
    wanted = np.arange(begin, min(begin + seconds, times[-1]), 1 / FPS)
    task = make_task(TaskSettings(**session.task), ArmModel(spec))
    world = BulletWorld(spec, task.objects, gripper=task.gripper)
    frames = []
    try:
        for number, t in enumerate(wanted):
            _show(session, world, float(t))
            frames.append(world.look(CAMERA).rgb)
            on_frame(number + 1, len(wanted))
    finally:
        world.close()
    write_video(file, frames, FPS)


def _show(session: Session, world: BulletWorld, t: float) -> None:
    """Put everything where it was at ``t``, s."""
    at = _before(session.times, t)
    opening = session.openings[at] if at < len(session.openings) else 0.0
    world.arm.reset(np.array(session.q[at]), opening)
    for name, record in session.objects.items():
        if record["times"]:
            world.objects.put(name, np.array(record["poses"][_before(record["times"], t)]))
    goal = session.goals[_before([goal["sent"] for goal in session.goals], t)]
    world.mark("goal", _place(goal, t), session.tolerance)


def _place(goal: dict[str, Any], t: float) -> list[float]:
    """Return where a goal (3,) was at ``t``, s, base frame, m."""
    path: list[list[float]] = goal.get("path", [])
    place: list[float] = goal["goal"]
    return path[_before([row[0] for row in path], t)][1:] if path else place


def _before(times: list[float], t: float) -> int:
    """Return the number of the last of ``times`` that is not after ``t``, or the first."""
    return max(0, int(np.searchsorted(times, t, side="right")) - 1)
