"""What a longer physics step costs in fidelity and saves in time."""

import time
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.learning import Row
from robot_learning.base.objects import ObjectSpec
from robot_learning.envs import ArmEnv
from robot_learning.evaluation.rollout import rollout
from robot_learning.experts.expert import expert_action
from robot_learning.tasks import push, task
from robot_learning.worlds.bullet import BulletWorld, Objects, Server, arm
from robot_learning.worlds.bullet.server import bullet

STEPS = (0.002, 0.004, 0.008, 0.01, 0.02)  # s
TASKS = ("push", "slide", "pick_and_place")
SEED = 8_500_000
EPISODES = 50
SPEED = 0.5  # m/s, of a box that slides to rest


def rows() -> list[Row]:
    """Return a row for each physics step, and for the solver with fewer iterations."""
    return [row(dt, 50) for dt in STEPS] + [row(0.008, iterations) for iterations in (20, 10)]


def row(dt: float, iterations: int) -> Row:
    made = Server.__init__

    def fewer(world: Server, **settings: object) -> None:
        made(world, **{**settings, "cone_friction": True})  # type: ignore[arg-type]
        bullet.setPhysicsEngineParameter(
            numSolverIterations=iterations, physicsClientId=world.client
        )

    with (
        patch.object(task.Task, "physics_dt", dt),
        patch.object(push, "PHYSICS_DT", dt),
        patch.object(arm, "EXACT", dt),
        patch.object(arm, "LAGGING", dt),
        patch.object(Server, "__init__", fewer),
    ):
        error, spent = tracking()
        solved = [f"{name} {by_script(name):.0%}" for name in TASKS]
    return (
        f"physics step {dt * 1e3:g} ms, {iterations} iterations",
        f"tracking error mean {error.mean() * 1e3:.2f}, most {error.max() * 1e3:.1f} mrad",
        ", ".join(solved),
        f"{spent * 1e6:.0f} us of Bullet a control period; sliding box {sliding(dt):+.1%} too far",
    )


def tracking() -> tuple[NDArray[np.float64], float]:
    """Return the largest joint errors in each of many steps, rad, and Bullet's time in one, s."""
    env = ArmEnv(robot="panda", task="reach")
    rng, errors, spent = np.random.default_rng(0), [], 0.0
    assert isinstance(env.world, BulletWorld)
    server = env.world.server
    step = server.step

    def timed() -> None:
        nonlocal spent
        start = time.perf_counter()
        step()
        spent += time.perf_counter() - start

    server.step = timed  # type: ignore[method-assign]
    for number in range(600):
        if number % 50 == 0:
            env.reset(seed=number)
        env.step(rng.uniform(-1, 1, 7))
        errors.append(np.abs(env.state.q - env.filter.reference(env.time)[0]).max())
    env.close()
    return np.array(errors), spent / 600


def by_script(name: str) -> float:
    env = ArmEnv(robot="panda", task=name)
    found = rollout(env, expert_action, EPISODES, SEED)
    env.close()
    return found.success_rate


def sliding(dt: float) -> float:
    """Return by what share a box slides farther than v² / (2 mu g)."""
    world = Server(physics_dt=dt, floor_friction=0.05)
    box = ObjectSpec("box", width=0.06, height=0.03, mass=0.1, friction=1.0)
    objects = Objects(world, [box])
    objects.place("box", np.array([0.0, 0.0, 0.0151]))
    for _ in range(round(0.2 / dt)):
        world.step()
    start = objects.positions()["box"][0]
    client = {"physicsClientId": world.client}
    bullet.resetBaseVelocity(objects._bodies["box"], (SPEED, 0, 0), (0, 0, 0), **client)
    for _ in range(round(2.0 / dt)):
        world.step()
    went = objects.positions()["box"][0] - start
    world.close()
    return float(went / (SPEED**2 / (2 * 0.05 * 9.81)) - 1)
