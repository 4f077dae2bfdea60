import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.cli.train import make_run
from robot_learning.policy.terms import TERMS
from robot_learning.tasks import TASKS
from robot_learning.training.config import ALGORITHMS, load_config
from robot_learning.training.model import make_env


@pytest.mark.parametrize("name", ALGORITHMS)
def test_shipped_files_are_valid(name):
    assert load_config(name).algorithm == name


def test_a_task_has_its_own_values(tmp_path):
    for task in TASKS:
        assert load_config("dagger", [], task).total_steps > 0
    assert load_config("dagger", [], "reach").total_steps < load_config("dagger").total_steps
    assert load_config("dagger", ["total_steps=7"], "reach").total_steps == 7
    (tmp_path / "x.yaml").write_text("tasks: {reech: {total_steps: 5}}")
    with pytest.raises(ConfigError, match="x.yaml: tasks.reech.*push"):
        load_config(str(tmp_path / "x.yaml"))


def test_overrides_reach_any_key():
    config = load_config(
        "sac",
        ["total_steps=50", "params.gamma=0.5", "learning_rate.start=1e-4", "env.reward=sparse"],
    )
    assert config.total_steps == 50 and config.params["gamma"] == 0.5
    assert config.learning_rate.start == 1e-4 and config.env.reward == "sparse"


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("total_stepz=5", "total_stepz: unknown key"),
        ("total_steps=-5", "total_steps"),
        ("total_steps=many", "total_steps"),
        ("total_steps", "key=value"),
        ("total_steps.x=1", "no further keys"),
        ("algorithm=dqn", "algorithm"),
        ("env.tolerance=-1", "env.tolerance"),
        ("learning_rate.start=nan", "learning_rate.start"),
    ],
)
def test_a_bad_override_is_named(override, named):
    with pytest.raises(ConfigError, match=named):
        load_config("sac", [override])


@pytest.mark.parametrize("algorithm", ["ppo", "dagger"])
def test_her_needs_rewards_to_replay(algorithm):
    with pytest.raises(ConfigError, match="her"):
        load_config(algorithm, ["her.n_sampled_goal=4"])


def test_hindsight_replay_sees_nothing_of_a_goal_that_it_changes():
    for task in set(TASKS) - {"track_trajectory"}:
        run = make_run("panda", task, "tqc", [], 0, "x")
        env = make_env(run)
        assert not any(TERMS[name].of_goal for name in env.interface.observed)
        env.close()
    with pytest.raises(ConfigError, match=r"tqc.yaml: her: .* moves"):
        load_config("tqc", [], "track_trajectory")


def test_files_that_are_none(tmp_path):
    with pytest.raises(ConfigError, match="sac"):
        load_config("dreamer")
    (tmp_path / "x.yaml").write_text("[1, 2")
    with pytest.raises(ConfigError, match="x.yaml"):
        load_config(str(tmp_path / "x.yaml"))
    (tmp_path / "x.yaml").write_text("5")
    with pytest.raises(ConfigError, match="x.yaml"):
        load_config(str(tmp_path / "x.yaml"))
