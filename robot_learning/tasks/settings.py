"""A task as a YAML file may have it: ranges and objects of one's own."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, PositiveFloat, PositiveInt, PrivateAttr, field_validator

from robot_learning.base.errors import ConfigError
from robot_learning.base.settings import Section, find, read
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.sampling import Free, anywhere
from robot_learning.robot.schema import Box
from robot_learning.tasks.insert import Insert
from robot_learning.tasks.pick import PickAndPlace, Stack
from robot_learning.tasks.push import Push, Slide
from robot_learning.tasks.reach import Reach, ReachPose
from robot_learning.tasks.task import Task
from robot_learning.tasks.track import TrackTrajectory

TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (Reach, ReachPose, Push, Slide, PickAndPlace, Stack, TrackTrajectory, Insert)
}


class ObjectSettings(Section):
    """What is moved, a box; what is left out is the task's own.

    Attributes:
        width: edge of the base, m.
        height: m.
        mass: kg.
        friction: coefficient; two surfaces have the product of theirs.
    """

    width: PositiveFloat | None = None
    height: PositiveFloat | None = None
    mass: PositiveFloat | None = None
    friction: PositiveFloat | None = None


class TaskSettings(Section):
    """A task's YAML file; what is left out is the task's own, made for the robot's reach.

    Attributes:
        task: name of the task.
        tolerance: distance that counts as reached, m.
        steps: policy periods in an episode.
        object: what is moved.
        workspace: where goals and objects are, inside the robot's own box, m.
    """

    task: str = Field(json_schema_extra={"enum": list[Any](TASKS)})
    tolerance: PositiveFloat | None = None
    steps: PositiveInt | None = None
    object: ObjectSettings | None = None
    workspace: Box | None = None
    _path: Path | None = PrivateAttr(None)

    @property
    def where(self) -> str:
        """What errors begin with: the file, or the task's name where there is none."""
        return f"task '{self.task}'" if self._path is None else str(self._path)

    @field_validator("task")
    @classmethod
    def _is_known(cls, task: str) -> str:
        if task not in TASKS:
            raise ValueError(f"'{task}'; expected one of {', '.join(TASKS)}")
        return task


def load_task(name_or_path: str | Path) -> TaskSettings:
    """Return a task by its name, by that of a file in ``config/tasks``, or by the path of one.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    if name_or_path in TASKS:
        return TaskSettings(task=str(name_or_path))
    path = find("task", name_or_path, others=TASKS)
    settings = read(TaskSettings, path)
    settings._path = path
    return settings


def resolved(settings: TaskSettings, task: Task) -> dict[str, Any]:
    """Return what ``task`` was asked to be, with its own steps and tolerance, ready for JSON."""
    told = settings.model_dump(mode="json", exclude_none=True)
    return {**told, "steps": task.steps, "tolerance": task.tolerance}


def make_task(
    settings: TaskSettings,
    model: ArmModel,
    reward: str = "dense",
    tolerance: float | None = None,
    free: Free = anywhere,
) -> Task:
    """Return a task for an arm.

    Args:
        settings: of the task.
        model: the arm.
        reward: ``sparse`` or ``dense``.
        tolerance: m; comes before what the settings say.
        free: says whether the arm touches nothing at a configuration (n,).

    Raises:
        ConfigError: where the arm can't do it, with what it can.
    """
    kind = TASKS[settings.task]
    tolerance = settings.tolerance if tolerance is None else tolerance
    if settings.workspace is not None:
        model = _narrowed(model, settings.workspace, settings.where)
    if settings.object is None:
        task = kind(model, reward=reward, tolerance=tolerance, free=free)
    elif issubclass(kind, Push):
        given = settings.object.model_dump(exclude_none=True)
        moved = replace(kind(model, free=free).object, **given)
        task = kind(model, reward=reward, tolerance=tolerance, free=free, object_spec=moved)
    else:
        raise ConfigError(f"{settings.where}: object: there is nothing to move in it")
    task.steps = settings.steps or task.steps
    return task


def _narrowed(model: ArmModel, box: Box, where: str) -> ArmModel:
    spec, lower, upper = model.spec, np.array(box.lower), np.array(box.upper)
    if not ((lower >= spec.workspace_lower) & (upper <= spec.workspace_upper)).all():
        raise ConfigError(
            f"{where}: workspace: {box.lower} to {box.upper} m is not inside that of {spec.path}: "
            f"{spec.workspace_lower} to {spec.workspace_upper} m"
        )
    return ArmModel(replace(spec, workspace_lower=lower, workspace_upper=upper))
