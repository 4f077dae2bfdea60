"""Doing an episode again in simulation: the same actions from the same start."""

from dataclasses import dataclass

import numpy as np

from robot_learning.demonstrations.episode import Episode
from robot_learning.demonstrations.record import Env
from robot_learning.policy.terms import GOALS, OPENING


@dataclass(frozen=True)
class Replay:
    """What came of it.

    Attributes:
        success: whether its last step was one.
        joints: largest deviation of a joint from what was recorded, rad or m.
        objects: of an object's position, m; 0 where there is none.
    """

    success: bool
    joints: float
    objects: float


def replay(env: Env, episode: Episode) -> Replay:
    """Replay an episode in an environment of its robot, task and way to act."""
    goals = episode.goals_from()
    env.reset(options={"start": episode.about.start.start(), "goals": goals})
    moved = [name for name in episode.names if name not in (*GOALS, OPENING)]
    joints = objects = 0.0
    success = False
    for row, action in enumerate(episode.actions):
        info = env.step(action if np.isfinite(action).all() else None)[4]
        success = bool(info["is_success"])
        then = episode.inputs(row + 1)
        joints = max(joints, float(np.abs(env.state.q - episode.columns["q"][row + 1]).max()))
        for name in moved:
            off = np.linalg.norm(env.inputs[name].value - then[name].value)
            objects = max(objects, float(off))
    return Replay(success, joints, objects)
