"""Rotation vectors against Pinocchio's exponential."""

import numpy as np
import pinocchio as pin
import pytest

from robot_learning.kinematics.rotation import rotation_vector, shortest_turn

# None at all, where series take over, half a turn, and what is next to each, rad.
ANGLES = (0.0, 1e-9, 5e-5, 1.5e-4, 0.3, 2.0, np.pi - 2e-3, np.pi - 5e-4, np.pi - 1e-8, np.pi)


@pytest.mark.parametrize("angle", ANGLES)
def test_a_rotation_vector_turns_as_its_rotation(angle: float) -> None:
    rng = np.random.default_rng(0)
    for axis in (*np.eye(3), *-np.eye(3), *rng.normal(size=(50, 3))):
        axis = axis / np.linalg.norm(axis)
        R = pin.exp3(angle * axis)
        found = rotation_vector(R)
        assert np.linalg.norm(found) <= np.pi + 1e-12
        np.testing.assert_allclose(pin.exp3(found), R, atol=1e-9)


@pytest.mark.parametrize("angle", ANGLES)
def test_the_shortest_turn_brings_one_direction_to_another(angle: float) -> None:
    rng = np.random.default_rng(0)
    for start in (*np.eye(3), *rng.normal(size=(50, 3))):
        start = start / np.linalg.norm(start)
        across = np.cross(start, rng.normal(size=3))
        end = pin.exp3(angle * across / np.linalg.norm(across)) @ start
        found = shortest_turn(start, end)
        assert np.linalg.norm(found) == pytest.approx(angle, abs=1e-7)
        np.testing.assert_allclose(pin.exp3(found) @ start, end, atol=1e-7)
