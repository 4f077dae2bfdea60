"""From what a user asks for to a run with everything resolved, and whether that still holds."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import find_bundle
from robot_learning.policy import PolicyBundle
from robot_learning.robot import RobotSpec
from robot_learning.tasks import load_task
from robot_learning.training.config import TrainConfig, load_config, override_config
from robot_learning.training.run import Origin, RunConfig
from robot_learning.training.tracking import code_version
from robot_learning.worlds.variation import Distribution, load_shifts

# What may change while a run lasts; the rest is what it has learnt from so far.
FREE = (
    "total_steps",
    "processes",
    "learning_rate",
    "eval_every",
    "eval_episodes",
    "checkpoint_every",
    "final_episodes",
)


def make_run(
    robot: str,
    task: str,
    config: str,
    overrides: list[str],
    seed: int,
    name: str,
    demos: Path | None = None,
    guide: Path | None = None,
) -> RunConfig:
    """Return the resolved configuration of a run.

    Raises:
        ConfigError: where the robot, the task or the training YAML is not usable.
    """
    if demos is not None:
        overrides = [*overrides, f"demos={os.path.abspath(demos)}"]
    if guide is not None:
        overrides = [*overrides, f"guide.bundle={_guide_path(guide)}"]
    train = load_config(config, overrides, load_task(task).task)
    if train.demos is None and train.algorithm == "bc":
        raise ConfigError("demos: bc imitates demonstrations; give --demos FOLDER")
    if train.demos is not None and train.algorithm != "bc":
        raise ConfigError(
            f"demos: {train.algorithm} learns from none; use --config bc, and then --from its run"
        )
    if train.env.shift is not None:
        shift = _absolute(train.env.shift)
        train = train.model_copy(update={"env": train.env.model_copy(update={"shift": shift})})
    robot, task = _absolute(robot), _absolute(task)
    return RunConfig(
        name=name,
        robot=robot,
        task=task,
        seed=seed,
        code=code_version(),
        robot_hash=RobotSpec.load(robot).hash,
        train=train,
        origin=_origin(robot, task, train),
    )


def change_run(
    run: RunConfig,
    overrides: list[str],
    robot: str | None = None,
    task: str | None = None,
    seed: int | None = None,
) -> RunConfig:
    """Return a run that goes on with what was asked for, where it can.

    Steps, evaluations, checkpoints, processes and the learning rate may change, and so may the
    place of a robot's or a task's file.

    Raises:
        ConfigError: naming what can't change, what it was and what was asked for.
    """
    train = override_config(run.train, overrides)
    for field, then, now in differences(_plain(run.train), _plain(train)):
        if field.split(".")[0] not in FREE:
            raise ConfigError(
                f"--set {field}={now}: the run has learnt with {then}; begin a new one for it "
                f"(a resumed run may change {', '.join(FREE)})"
            )
    if seed not in (None, run.seed):
        raise ConfigError(f"--seed {seed}: the run began with {run.seed}; begin a new one for it")
    places = {"robot": _absolute(robot or run.robot), "task": _absolute(task or run.task)}
    changed = run.model_copy(update={"train": train, **places})
    check_unchanged(changed)
    return changed


def check_unchanged(run: RunConfig) -> None:
    """Refuse to go on where the files a run is made from say something else than at its start.

    Raises:
        ConfigError: naming the file and each field, as it was and as it is.
    """
    now, guide = _origin(run.robot, run.task, run.train), run.train.guide
    places = {"robot": run.robot, "task": run.task, "shift": run.train.env.shift}
    for kind, given in (places | {"guide": guide and guide.bundle}).items():
        found = differences(getattr(run.origin, kind), getattr(now, kind))
        if said := "; ".join(f"{field}: {a} then, {b} now" for field, a, b in found):
            raise ConfigError(
                f"{kind} '{given}' is not what the run began with: {said}; "
                "undo the change, or train a new run"
            )


def differences(then: Any, now: Any, field: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield name, former and present value of each field in which two settings differ."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        for key in [*then, *(key for key in now if key not in then)]:
            name = f"{field}.{key}" if field else str(key)
            yield from differences(then.get(key), now.get(key), name)
    elif then != now:
        yield field or "all of it", then, now


def _origin(robot: str, task: str, train: TrainConfig) -> Origin:
    drawn, shift = None, train.env.shift
    if shift is not None:
        shifts = load_shifts(shift)
        drawn = {
            name: value.model_dump(exclude_none=True) if isinstance(value, Distribution) else value
            for name, value in shifts.values.items()
        }
        if shifts.plain:
            drawn["plain"] = shifts.plain
    settings = load_task(task).model_dump(mode="json", exclude_none=True)
    spec = RobotSpec.load(robot)
    found = {"robot": spec.contract(), "task": settings, "shift": drawn}
    if train.guide is not None:
        found["guide"] = _guide_of(train.guide.bundle, spec, settings["task"])
    return Origin(**json.loads(json.dumps(found)))


def _guide_path(given: Path) -> str:
    """Return where a bundle is, or the name of a shipped one."""
    return str(find_bundle(given)) if given.exists() else str(given)


def _guide_of(bundle: str, spec: RobotSpec, task: str) -> dict[str, str]:
    """Return the name and the hash of a policy that guides."""
    guide = PolicyBundle.load(find_bundle(bundle))
    guide.check_robot(spec)
    if guide.task != task:
        raise ConfigError(
            f"guide.bundle: {guide.path} does {guide.task}, and the run learns {task}"
        )
    return {"name": guide.name, "hash": guide.hash}


def _absolute(name_or_path: str) -> str:
    """Return a path that means the same from any folder; a shipped name as it is."""
    return os.path.abspath(name_or_path) if Path(name_or_path).is_file() else name_or_path


def _plain(train: TrainConfig) -> dict[str, Any]:
    return train.model_dump(mode="json")
