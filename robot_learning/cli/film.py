"""A film of a recorded session."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from robot_learning.evaluation.rollout import write_video
from robot_learning.monitoring.session import Session
from robot_learning.robot import RobotSpec
from robot_learning.worlds.bullet import BulletArm, Server, look
from robot_learning.worlds.camera import Camera

FPS = 15
WIDTH, HEIGHT = 480, 352


def film(
    session: Session,
    spec: RobotSpec,
    file: Path,
    seconds: float,
    on_frame: Callable[[int, int], None],
) -> None:
    """Show the first ``seconds`` of what the arm did, with the goals, as an MP4."""
    times = np.array(session.times)
    begin = session.goals[0]["sent"] if session.goals else times[0]
    wanted = np.arange(begin, min(begin + seconds, times[-1]), 1 / FPS)
    sent = np.array([goal["sent"] for goal in session.goals])
    world = Server()
    camera = Camera(np.array([0.2, 0.0, 0.35]), 1.6, WIDTH, HEIGHT)
    frames = []
    try:
        arm = BulletArm(world, spec)
        for number, t in enumerate(wanted):
            arm.reset(np.array(session.q[int(np.searchsorted(times, t))]))
            goal = session.goals[max(0, int(np.searchsorted(sent, t, side="right")) - 1)]
            world.set_marker("goal", goal["goal"], session.tolerance)
            frames.append(look(world, camera).rgb)
            on_frame(number + 1, len(wanted))
    finally:
        world.close()
    write_video(file, frames, FPS)
