import numpy as np
import pytest

from robot_learning.base.errors import ConfigError
from robot_learning.training.config import override_config
from robot_learning.training.model import make_env, make_envs, make_model
from robot_learning.training.train import resume, train


@pytest.mark.parametrize("normalize", [False, True])
def test_a_relabelled_dense_reward_is_what_a_step_earns(tiny, normalize):
    run, _ = tiny("tqc", "env.reward=dense", "n_envs=2", f"normalize={str(normalize).lower()}")
    envs = make_envs(run)
    steps = []
    plain = envs.venv if normalize else envs
    wait = plain.step_wait

    def watched():
        found = wait()
        for k, info in enumerate(found[3]):
            last = info.get("terminal_observation")
            reached = found[0]["achieved_goal"][k] if last is None else last["achieved_goal"]
            steps.append((reached.copy(), info["effort"]))
        return found

    plain.step_wait = watched
    model = make_model(run, envs)
    model.learn(220)
    buffer = model.replay_buffer
    task = make_env(run).task
    rows, columns = np.nonzero(buffer.ep_length > 0)
    found = buffer._get_virtual_samples(rows, columns)
    goals = found.next_observations["desired_goal"].numpy()
    achieved = buffer.next_observations["achieved_goal"][rows, columns]
    efforts = []
    for row, column in zip(rows, columns, strict=True):
        reached, effort = steps[2 * row + column]
        kept = buffer.next_observations["achieved_goal"][row, column]
        np.testing.assert_allclose(kept, reached, atol=1e-6)
        efforts.append(effort)
    wanted = task.score(task.errors(achieved, goals), np.array(efforts))
    assert np.max(efforts) > 1e-4
    np.testing.assert_allclose(found.rewards.numpy()[:, 0], wanted, atol=1e-6)
    envs.close()


def test_a_stop_costs_the_same_for_a_goal_that_hindsight_finds_reached(tiny):
    run, _ = tiny("tqc", "n_envs=1", "normalize=false")
    envs = make_envs(run)
    model = make_model(run, envs)

    def stop(told, _):
        if told["self"].num_timesteps == 6:
            envs.get_attr("filter")[0].request_stop()
        return True

    model.learn(9, callback=stop)
    buffer = model.replay_buffer
    row = np.flatnonzero(buffer.dones[:9, 0])
    assert row.tolist() == [6]
    found = buffer._get_virtual_samples(row, np.zeros_like(row))
    reached = found.next_observations
    np.testing.assert_array_equal(reached["achieved_goal"], reached["desired_goal"])
    cost = 1 / (1 - run.train.params["gamma"])
    np.testing.assert_allclose([found.rewards[0, 0], buffer.rewards[6, 0]], -cost, rtol=1e-6)
    envs.close()


def turned_by(vectors, others):
    """Return the angles that turn vectors (b, 2) into others, and which ones are mirrored."""
    before, after = (each[:, 0] + 1j * each[:, 1] for each in (vectors, others))
    return np.angle(after / before), np.angle(after / before.conj())


@pytest.mark.parametrize("reward", ["sparse", "dense"])
def test_copies_are_the_same_steps_elsewhere(tiny, reward):
    run, _ = tiny("tqc", f"env.reward={reward}", "her.symmetric=true")
    envs = make_envs(run)
    model = make_model(run, envs)
    model.learn(220)
    buffer, task = model.replay_buffer, make_env(run).task
    plain = []
    sample = type(buffer).__mro__[1].sample

    def watched(own, count, env=None):
        plain.append(sample(own, count, env))
        return plain[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(buffer).__mro__[1], "sample", watched)
        found = buffer.sample(300)
    (before,) = plain
    for part in ("observations", "next_observations"):
        old, new = getattr(before, part), getattr(found, part)
        ways = [
            (each["desired_goal"] - each["achieved_goal"]).numpy().astype(float)
            for each in (old, new)
        ]
        far = np.linalg.norm(ways[0][:, :2], axis=1) > 1e-3
        np.testing.assert_allclose(ways[1][:, 2], ways[0][:, 2], atol=1e-5)
        actions = [each.actions.numpy().astype(float) for each in (before, found)]
        by_way = turned_by(ways[0][far, :2], ways[1][far, :2])
        by_action = turned_by(actions[0][far, :2], actions[1][far, :2])
        # Turned alike, or mirrored and turned alike: action and way, before and after the step.
        off = [
            np.abs(np.angle(np.exp(1j * (a - b)))) for a, b in zip(by_way, by_action, strict=True)
        ]
        assert np.minimum(*off).max() < 0.02 and min(part.mean() for part in off) > 0.1
        places = [each["achieved_goal"].numpy() for each in (old, new)]
        assert np.abs(places[1] - places[0])[:, :2].max() > 0.05
        np.testing.assert_allclose(places[1][:, 2], places[0][:, 2], atol=1e-6)
    # The reward is what the copy would have earned, but for its effort, which is not changed.
    if reward == "sparse":
        reached = found.next_observations["achieved_goal"], found.next_observations["desired_goal"]
        wanted = task.reward(*(each.numpy().astype(float) for each in reached))
        assert (found.rewards.numpy()[:, 0] == wanted).mean() > 0.99
    np.testing.assert_array_equal(found.rewards, before.rewards)
    envs.close()


def test_copies_are_refused_where_what_is_seen_does_not_turn(tiny):
    run, _ = tiny("tqc", "her.symmetric=true", "env.observed=[joint_position]")
    with pytest.raises(ConfigError, match=r"her\.symmetric: joint_position: not known"):
        make_model(run, make_envs(run))


def test_copies_go_on_after_a_checkpoint(tiny):
    run, folder = tiny("tqc", "her.symmetric=true", "checkpoint_every=500")
    train(run, folder)
    change = run.model_copy(update={"train": override_config(run.train, ["total_steps=700"])})
    assert resume(folder, run=change).provenance["steps"] == 700
