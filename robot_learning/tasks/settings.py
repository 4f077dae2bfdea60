"""A task as a YAML file may have it: ranges and objects of one's own."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import yaml
from pydantic import PositiveFloat, PositiveInt, ValidationError

from robot_learning.base.errors import ConfigError
from robot_learning.base.paths import config_dir
from robot_learning.kinematics import ArmModel
from robot_learning.kinematics.sampling import Free, anywhere
from robot_learning.robot.schema import Box, Section, explain
from robot_learning.tasks.pick import PickAndPlace, Stack
from robot_learning.tasks.push import Push, Slide
from robot_learning.tasks.reach import Reach, ReachPose
from robot_learning.tasks.task import Task
from robot_learning.tasks.track import TrackTrajectory

TASKS: dict[str, type[Task]] = {
    task.name: task
    for task in (Reach, ReachPose, Push, Slide, PickAndPlace, Stack, TrackTrajectory)
}


class ObjectSettings(Section):
    """What is moved: m, kg; what is left out is the task's own."""

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

    task: str
    tolerance: PositiveFloat | None = None
    steps: PositiveInt | None = None
    object: ObjectSettings | None = None
    workspace: Box | None = None


def load_task(name_or_path: str | Path) -> TaskSettings:
    """Return a task by its name, by that of a file in ``config/tasks``, or by the path of one.

    Raises:
        ConfigError: naming the file, the field and what was expected.
    """
    if name_or_path in TASKS:
        return TaskSettings(task=str(name_or_path))
    path = Path(name_or_path)
    if not path.is_file():
        path = config_dir() / "tasks" / f"{name_or_path}.yaml"
    if not path.is_file():
        shipped = sorted(file.stem for file in (config_dir() / "tasks").glob("*.yaml"))
        known = ", ".join([*TASKS, *shipped])
        raise ConfigError(f"task '{name_or_path}': no such task, and no such file; known: {known}")
    try:
        settings = TaskSettings.model_validate(yaml.safe_load(path.read_text()))
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        raise ConfigError(f"{path}: {explain(error)}") from error
    if settings.task not in TASKS:
        raise ConfigError(f"{path}: task: '{settings.task}'; expected one of {', '.join(TASKS)}")
    return settings


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
        model = _narrowed(model, settings.workspace)
    if settings.object is None:
        task = kind(model, reward=reward, tolerance=tolerance, free=free)
    elif issubclass(kind, Push):
        given = settings.object.model_dump(exclude_none=True)
        moved = replace(kind(model, free=free).object, **given)
        task = kind(model, reward=reward, tolerance=tolerance, free=free, object_spec=moved)
    else:
        raise ConfigError(f"task '{settings.task}': object: there is nothing to move in it")
    task.steps = settings.steps or task.steps
    return task


def _narrowed(model: ArmModel, box: Box) -> ArmModel:
    spec, lower, upper = model.spec, np.array(box.lower), np.array(box.upper)
    if not ((lower >= spec.workspace_lower) & (upper <= spec.workspace_upper)).all():
        raise ConfigError(
            f"workspace: {box.lower} to {box.upper} m is not inside that of {spec.path}: "
            f"{spec.workspace_lower} to {spec.workspace_upper} m"
        )
    if not (lower < upper).all():
        raise ConfigError(f"workspace: lower {box.lower} is not below upper {box.upper}")
    return ArmModel(replace(spec, workspace_lower=lower, workspace_upper=upper))
