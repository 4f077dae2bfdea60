"""Steps environments in blocks, when told to on standard input; runs by itself in any Python.

``python stepper.py panda_gym PandaReach-v3`` or ``python stepper.py robot_learning reach``. Behind
the latter may stand what is left of the safety filter and how many environments are stepped
together; with ``tracking`` behind the former it prints how well the joints follow, and ends.

Time is that of the processor: other programs on the machine hardly count.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

BLOCK = 800  # steps
EPISODE = 50


class Unguarded:
    """What an environment asks of a filter, without any of it."""

    def __init__(self, spec: Any) -> None:
        self.spec = spec
        self.latched, self.delay = None, 0.0

    def is_free(self, q: Any) -> bool:
        return True

    def reset(self, q: Any, now: float, opening: float | None = None) -> None:
        self._q, self._qd = q, 0.0 * q

    def apply(self, command: Any, state: Any, dt: float, now: float) -> Any:
        from robot_learning.safety import SafetyResult, Status
        from robot_learning.safety.motion import stopping_motion

        stop = stopping_motion(self._q, self._qd, command.qd, self.spec.acceleration, dt)
        self._q, self._qd = stop.sample(dt)
        return SafetyResult(stop, dt, Status.OK, (), {}, command.opening)


def make(task: str, kind: str = "everything") -> Any:
    """Return an environment; ``kind`` is what is left of the filter: everything, limits or off."""
    from robot_learning.envs import ArmEnv
    from robot_learning.robot import RobotSpec
    from robot_learning.safety import SafetyFilter
    from robot_learning.tasks import TaskSettings

    spec = RobotSpec.load("panda")
    guards: dict[str, Any] = {
        "everything": lambda: None,
        "limits": lambda: SafetyFilter(spec, limits_only=True),
        "off": lambda: Unguarded(spec),
    }
    settings = TaskSettings(task=task, steps=EPISODE)
    return ArmEnv(robot="panda", task=settings, filter=guards[kind]())


def of_panda_gym(task: str) -> Any:
    """Return an environment of panda-gym."""
    import gymnasium
    import panda_gym  # noqa: F401  registers the tasks

    return gymnasium.make(task).unwrapped


def block(env: Any, actions: Any) -> float:
    """Return the seconds that a block of steps takes, resets included."""
    start = time.process_time()
    for number, action in enumerate(actions):
        if number % EPISODE == 0:
            env.reset()
        env.step(action)
    return time.process_time() - start


def vector_block(envs: Any, actions: Any) -> float:
    """Return the same of environments that are stepped together, as a training does."""
    start = time.process_time()
    for each in actions:
        envs.step(each)
    return time.process_time() - start


def inside_bullet() -> list[float]:
    """Count the seconds spent in Bullet's own stepping from now on, in the list returned."""
    from robot_learning.worlds.bullet.server import bullet

    step, spent = bullet.stepSimulation, [0.0]

    def timed(**settings: Any) -> None:
        start = time.process_time()
        step(**settings)
        spent[0] += time.process_time() - start

    bullet.stepSimulation = timed
    return spent


def tracking(env: Any) -> list[float]:
    """Return how far panda-gym's worst joint is from its target after random steps, rad."""
    rng, errors = np.random.default_rng(0), []
    for number in range(BLOCK):
        if number % EPISODE == 0:
            env.reset(seed=number)
        action = rng.uniform(-1, 1, 7).astype(np.float32)
        target = env.robot.arm_joint_ctrl_to_target_arm_angles(action)
        env.step(action)
        q = [env.robot.get_joint_angle(joint) for joint in range(7)]
        errors.append(float(np.abs(target - q).max()))
    return errors


def steps_of(package: str, task: str, *how: str) -> Callable[[], float]:
    """Return what steps a block with random actions and returns the seconds."""
    kind, count = (*how, *("everything", "1")[len(how) :])[:2]
    rng = np.random.default_rng(0)
    env = make(task, kind) if package == "robot_learning" else of_panda_gym(task)
    shape = (BLOCK, *env.action_space.shape)
    if count == "1":
        env.reset(seed=0)
        return lambda: block(env, rng.uniform(-1, 1, shape).astype(np.float32))
    from robot_learning.training.vec_env import ArmVecEnv

    envs = ArmVecEnv([lambda: make(task, kind)] * int(count))
    envs.reset()
    together = BLOCK // int(count), int(count), *env.action_space.shape
    return lambda: vector_block(envs, rng.uniform(-1, 1, together).astype(np.float32))


def main() -> None:
    package, task, *how = sys.argv[1:]
    if how == ["tracking"]:
        print(json.dumps(tracking(of_panda_gym(task))))
        return
    inside = how[-1:] == ["inside"]
    spent = inside_bullet() if inside else [0.0]
    steps = steps_of(package, task, *(how[:-1] if inside else how))
    steps()
    for _ in sys.stdin:
        spent[0] = 0.0
        took = steps()
        print(json.dumps([BLOCK / took, spent[0] / took]), flush=True)


if __name__ == "__main__":
    main()
