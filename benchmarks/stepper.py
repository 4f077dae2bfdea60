"""Steps one environment in blocks, when told to on standard input; runs by itself in any Python.

``python stepper.py panda_gym PandaReach-v3`` or ``python stepper.py robot_learning reach``; with
``tracking`` behind panda-gym's prints how well its joints follow, and ends.
"""

import json
import sys
import time
from typing import Any

import numpy as np

BLOCK = 500  # steps
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


def make(package: str, task: str, kind: str) -> Any:
    """Return an environment; ``kind`` is what is left of the filter: everything, limits or off."""
    if package == "panda_gym":
        import gymnasium
        import panda_gym  # noqa: F401  registers the tasks

        return gymnasium.make(task).unwrapped
    from robot_learning.envs import ArmEnv
    from robot_learning.robot import RobotSpec
    from robot_learning.safety import SafetyFilter

    spec = RobotSpec.load("panda")
    guards: dict[str, Any] = {
        "everything": lambda: None,
        "limits": lambda: SafetyFilter(spec, limits_only=True),
        "off": lambda: Unguarded(spec),
    }
    return ArmEnv(robot="panda", task=task, filter=guards[kind]())


def block(env: Any, actions: Any) -> float:
    """Return the seconds that a block of steps takes, resets included."""
    start = time.perf_counter()
    for number, action in enumerate(actions):
        if number % EPISODE == 0:
            env.reset()
        env.step(action)
    return time.perf_counter() - start


def inside_bullet() -> list[float]:
    """Count the seconds spent in Bullet's own stepping from now on, in the list returned."""
    from robot_learning.worlds.bullet.server import bullet

    step, spent = bullet.stepSimulation, [0.0]

    def timed(**settings: Any) -> None:
        start = time.perf_counter()
        step(**settings)
        spent[0] += time.perf_counter() - start

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


def main() -> None:
    package, task, *kind = sys.argv[1:]
    env = make(package, task, kind[0] if kind else "everything")
    if kind == ["tracking"]:
        print(json.dumps(tracking(env)))
        return
    spent = [0.0]
    if package == "robot_learning":
        spent = inside_bullet() if kind[1:] == ["inside"] else spent
    rng = np.random.default_rng(0)
    shape = (BLOCK, *env.action_space.shape)
    env.reset(seed=0)
    block(env, rng.uniform(-1, 1, shape).astype(np.float32))
    for _ in sys.stdin:
        spent[0] = 0.0
        took = block(env, rng.uniform(-1, 1, shape).astype(np.float32))
        print(json.dumps([BLOCK / took, spent[0] / took]), flush=True)


if __name__ == "__main__":
    main()
