import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.policy.terms import TERMS
from robot_learning.tasks import TASKS
from robot_learning.training.config import ALGORITHMS, load_config
from robot_learning.training.model import algorithm, make_env
from robot_learning.training.params import checked_params
from robot_learning.training.resolve import make_run


@pytest.mark.parametrize("name", ALGORITHMS)
def test_shipped_files_are_valid(name):
    assert load_config(name).algorithm == name


def test_a_task_has_its_own_values(tmp_path):
    for task in TASKS:
        assert load_config("dagger", [], task).total_steps > 0
    assert load_config("dagger", [], "reach").total_steps < load_config("dagger").total_steps
    assert load_config("dagger", ["total_steps=7000"], "reach").total_steps == 7000
    (tmp_path / "x.yaml").write_text("tasks: {reech: {total_steps: 5}}")
    with pytest.raises(ConfigError, match="x.yaml: tasks.reech.*push"):
        load_config(str(tmp_path / "x.yaml"))


def test_overrides_reach_any_key():
    config = load_config(
        "sac",
        ["total_steps=5e3", "params.gamma=0.5", "learning_rate.start=1e-4", "env.reward=sparse"],
    )
    assert config.total_steps == 5000 and config.params["gamma"] == 0.5
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
        ("total_steps=1000", "params.learning_starts: 1000 steps of warm-up"),
        ("params.gradient_steps=0", "params.gradient_steps"),
        ("processes=9", "processes: 9 for n_envs 8"),
        ("params.tau=[1", "override 'params.tau=.1': not valid YAML: line 1"),
    ],
)
def test_a_bad_override_is_named(override, named):
    with pytest.raises(ConfigError, match=named):
        load_config("sac", [override])


@pytest.mark.parametrize("algorithm", ["bc", "dagger"])
def test_what_learns_for_each_period_repeats_no_action(algorithm):
    with pytest.raises(ConfigError, match=f"env.action_repeat: {algorithm}"):
        load_config(algorithm, ["env.action_repeat=2"])


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
    with pytest.raises(ConfigError, match="'goal_step': depends on the goal"):
        make_env(make_run("arm6", "reach", "tqc", ["env.observed=[goal_step]"], 0, "x"))


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("params.buffer_size=1.5", "params.buffer_size"),
        ("params.batch_size=many", "params.batch_size"),
        ("params.batch_size=0", "params.batch_size"),
        ("params.gamma=1.5", "params.gamma"),
        ("params.tau=.nan", "params.tau"),
        ("params.patience=3", "SAC: params.patience: unknown key; expected buffer_size"),
        ("params.seed=3", "params.seed: .* --seed"),
    ],
)
def test_a_parameter_that_the_algorithm_does_not_take_is_named(override, named):
    with pytest.raises(ConfigError, match=named):
        checked_params(algorithm("sac"), load_config("sac", [override]).params)


def test_numbers_that_count_are_whole_ones():
    settings = ["params.buffer_size=1e5", "params.batch_size=6.4e1", "params.train_freq=2.0"]
    params = checked_params(algorithm("sac"), load_config("sac", settings).params)
    assert [params[key] for key in ("buffer_size", "batch_size", "train_freq")] == [100000, 64, 2]
    assert all(type(params[key]) is int for key in ("buffer_size", "batch_size", "train_freq"))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_shipped_params_are_taken_as_they_are(name):
    params = load_config(name).params
    assert checked_params(algorithm(name), params) == params


def test_files_that_are_none(tmp_path):
    with pytest.raises(ConfigError, match="sac"):
        load_config("dreamer")
    (tmp_path / "x.yaml").write_text("[1, 2")
    with pytest.raises(ConfigError, match="x.yaml"):
        load_config(str(tmp_path / "x.yaml"))
    (tmp_path / "x.yaml").write_text("5")
    with pytest.raises(ConfigError, match="x.yaml"):
        load_config(str(tmp_path / "x.yaml"))
