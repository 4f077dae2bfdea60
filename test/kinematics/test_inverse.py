import numpy as np

from robot_learning.kinematics import inverse, sampling


def test_finds_what_forward_made(spec, model):
    rng = np.random.default_rng(2)
    for _ in range(10):
        q, _ = sampling.in_workspace(model, rng)
        T = model.forward(q)
        found = inverse.solve(model, T[:3, 3], spec.home)
        assert found.converged
        assert np.linalg.norm(model.forward(found.q)[:3, 3] - T[:3, 3]) < 1e-4
        assert (found.q >= spec.soft_lower).all() and (found.q <= spec.soft_upper).all()


def test_finds_poses(spec, model):
    rng = np.random.default_rng(3)
    solved = 0
    for _ in range(10):
        q, _ = sampling.in_workspace(model, rng)
        T = model.forward(q)
        found = inverse.solve(model, T[:3, 3], spec.home, rotation=T[:3, :3], attempts=20)
        if found.converged:
            np.testing.assert_allclose(model.forward(found.q), T, atol=1e-3)
            solved += 1
    assert solved >= 9


def test_says_when_a_point_is_out_of_reach(spec, model):
    found = inverse.solve(model, np.array([5.0, 0.0, 0.5]), spec.home)
    assert not found.converged and found.error > 1.0
    assert (found.q >= spec.soft_lower).all() and (found.q <= spec.soft_upper).all()


def test_repeats_exactly(spec, model):
    goal = model.forward(spec.home)[:3, 3] + [0.05, 0.1, -0.05]
    one, two = (inverse.solve(model, goal, spec.home) for _ in range(2))
    np.testing.assert_array_equal(one.q, two.q)
