import numpy as np
import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.envs import ArmEnv
from robot_learning.experts.expert import expert_action
from robot_learning.tasks import TASKS, load_task


@pytest.fixture
def write(tmp_path):
    def write(text):
        file = tmp_path / "own.yaml"
        file.write_text(text)
        return file

    return write


def test_every_name_is_a_task():
    for name in TASKS:
        assert load_task(name).model_dump(exclude_none=True) == {"task": name}


def test_what_the_file_says_is_what_there_is():
    env = ArmEnv(robot="panda", task="heavy_push")
    assert env.task.name == "push" and env.task.steps == 150 and env.task.tolerance == 0.03
    assert env.task.object.mass == 0.6 and env.task.object.width == 0.05
    for seed in range(5):
        env.reset(seed=seed)
        assert env.task.goal[1] <= 0.0 and env.world.objects.positions()["object"][1] <= 0.0
    solved = 0
    for seed in range(5):
        env.reset(seed=seed)
        for _ in range(env.task.steps):
            info = env.step(expert_action(env))[4]
        solved += info["is_success"]
    assert solved >= 4
    env.close()


def test_a_tolerance_in_code_comes_first(write):
    file = write("task: reach\ntolerance: 0.05")
    assert ArmEnv(robot="arm6", task=file).task.tolerance == 0.05
    assert ArmEnv(robot="arm6", task=file, tolerance=0.01).task.tolerance == 0.01


def test_goals_stay_inside_a_narrower_workspace(write):
    file = write("task: reach\nworkspace: {lower: [0.3, -0.1, 0.2], upper: [0.5, 0.1, 0.4]}")
    env = ArmEnv(robot="panda", task=file)
    goals = []
    for seed in range(20):
        env.reset(seed=seed)
        goals.append(env.task.goal)
    assert (np.array(goals) >= [0.3, -0.1, 0.2]).all()
    assert (np.array(goals) <= [0.5, 0.1, 0.4]).all()
    env.close()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("task: juggle", "own.yaml: task: 'juggle'.*push"),
        ("task: reach\nsteps: 0", "own.yaml: steps"),
        ("task: reach\ncolour: red", "own.yaml: colour: unknown key"),
        ("task: reach\nobject: {mass: 1.0}", "own.yaml: object: there is nothing to move"),
        ("task: [", "own.yaml: not valid YAML"),
        (
            "task: reach\nworkspace: {lower: [0, 0, 0], upper: [9, 9, 9]}",
            "own.yaml: workspace: .*not inside that of .*panda.yaml",
        ),
        (
            "task: reach\nworkspace: {lower: [0.5, 0, 0.2], upper: [0.4, 0.1, 0.3]}",
            "is not below",
        ),
        (
            "task: push\nworkspace: {lower: [0.4, 0, 0.2], upper: [0.42, 0.02, 0.3]}",
            "too little for this task",
        ),
        ("task: pick_and_place\nobject: {width: 0.2}", "opens 0.08 m, too little"),
    ],
)
def test_what_cannot_be_done_is_named(write, text, named):
    with pytest.raises(ConfigError, match=named):
        ArmEnv(robot="panda", task=write(text))


def test_no_such_task():
    with pytest.raises(ConfigError, match="juggle.*reach.*heavy_push"):
        ArmEnv(robot="arm6", task="juggle")
