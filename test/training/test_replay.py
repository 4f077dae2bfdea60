import numpy as np
import pytest

from robot_learning.training.model import make_env, make_envs, make_model


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
