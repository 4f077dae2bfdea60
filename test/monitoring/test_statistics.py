import numpy as np
import pytest

from robot_learning.monitoring.statistics import deviation, reference

SLICES = {"a": slice(0, 2), "b": slice(2, 3)}


@pytest.fixture
def seen():
    return np.random.default_rng(0).normal(0, 1, (5000, 3))


def test_the_reference_is_what_was_seen(seen):
    summary = reference(seen, SLICES)
    assert summary["count"] == 5000 and set(summary["terms"]) == {"a", "b"}
    np.testing.assert_allclose(summary["terms"]["a"]["mean"], seen[:, :2].mean(axis=0))
    np.testing.assert_allclose(summary["terms"]["b"]["max"], seen[:, 2:].max(axis=0))


def test_more_of_the_same_is_no_deviation(seen):
    live = np.random.default_rng(1).normal(0, 1, (2000, 3))
    found = deviation(live[:, :2], reference(seen, SLICES)["terms"]["a"])
    assert found.mean_shift < 0.1 and found.outside < 0.01


def test_a_shift_and_values_never_seen_are_found(seen):
    live = np.random.default_rng(1).normal(0, 1, (2000, 2)) + [0, 10]
    found = deviation(live, reference(seen, SLICES)["terms"]["a"])
    assert found.mean_shift == pytest.approx(10, abs=0.5)
    assert found.outside == pytest.approx(0.5, abs=0.01)


def test_a_constant_reference_does_not_divide_by_zero(seen):
    found = deviation(np.ones((5, 2)), reference(np.ones((9, 3)), SLICES)["terms"]["a"])
    assert found.mean_shift == 0.0 and found.outside == 0.0
